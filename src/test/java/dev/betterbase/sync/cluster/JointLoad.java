package dev.betterbase.sync.cluster;

import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.SharedSpace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;

/**
 * Clients of several spaces that write, listen and pull without pause, and connect again when they
 * are cut off. In the end it compares what they have with what was acknowledged.
 */
final class JointLoad implements AutoCloseable {
  private static final int WARM = 20;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(10);

  private final List<JointSpace> spaces;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<Void>> tasks = new ArrayList<>();

  /**
   * Starts the clients.
   *
   * @param port on loopback, asked for each connection
   */
  JointLoad(IntSupplier port, List<SharedSpace> shared) {
    spaces = shared.stream().map(space -> new JointSpace(port, space)).toList();
    for (JointSpace space : spaces) {
      space.clients().forEach(client -> tasks.add(threads.submit(client)));
    }
  }

  /** The spaces of the load, in the order in which they were given. */
  List<JointSpace> spaces() {
    return spaces;
  }

  /** Waits for a condition, and fails with what a client has found if one has ended by that. */
  private void awaitWorking(Callable<Boolean> condition) {
    await()
        .atMost(LIMIT)
        .pollInterval(POLL)
        .until(
            () -> {
              for (Future<Void> task : tasks) {
                if (task.isDone()) {
                  task.get();
                }
              }
              return condition.call();
            });
  }

  private void awaitMore(List<JointSpace> of, ToIntFunction<JointSpace.Writer> count, int more) {
    List<JointSpace.Writer> writers =
        of.stream().flatMap(space -> space.writers().stream()).toList();
    int[] before = writers.stream().mapToInt(count).toArray();
    for (int i = 0; i < before.length; i++) {
      JointSpace.Writer writer = writers.get(i);
      int wanted = before[i] + more;
      awaitWorking(() -> count.applyAsInt(writer) >= wanted);
    }
  }

  /** Waits until all clients work. */
  void awaitWarm() {
    awaitPushes(spaces, WARM);
    Duration unused = awaitSync();
  }

  /** Waits until each writer of some spaces has had so many more pushes acknowledged. */
  void awaitPushes(List<JointSpace> of, int more) {
    awaitMore(of, JointSpace.Writer::acknowledgements, more);
  }

  /** Waits until each writer of some spaces was refused because their database is away. */
  void awaitRefusals(List<JointSpace> of) {
    awaitMore(of, JointSpace.Writer::refusals, 1);
  }

  /**
   * Waits until all clients are in sync: each writer has pushed something that it began after this
   * call, and each listener has it.
   *
   * @return how long that took
   */
  Duration awaitSync() {
    long began = System.nanoTime();
    // The first push that is acknowledged may have begun before.
    awaitPushes(spaces, 2);
    long[] cursors = spaces.stream().mapToLong(JointSpace::cursor).toArray();
    for (int i = 0; i < cursors.length; i++) {
      JointSpace space = spaces.get(i);
      long cursor = cursors[i];
      awaitWorking(() -> space.allHave(cursor));
    }
    return Duration.ofNanos(System.nanoTime() - began);
  }

  /**
   * Ends the load: each writer gets an answer to its last push, and each listener everything. Then
   * nothing that was acknowledged may be missing, nothing may be there twice, no cursor may be
   * skipped, and all clients must have the same.
   */
  void assertNothingLost() throws Exception {
    spaces.forEach(JointSpace::endWriting);
    for (JointSpace space : spaces) {
      awaitWorking(space::isWritten);
      Replica whole = space.assertNothingLost();
      awaitWorking(() -> space.allHave(whole.cursor()));
    }
    spaces.forEach(JointSpace::endReading);
    for (Future<Void> task : tasks) {
      task.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
    for (JointSpace space : spaces) {
      space.assertAllHave(space.assertNothingLost());
    }
  }

  @Override
  public void close() {
    spaces.forEach(JointSpace::endWriting);
    spaces.forEach(JointSpace::endReading);
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("clients still work");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
