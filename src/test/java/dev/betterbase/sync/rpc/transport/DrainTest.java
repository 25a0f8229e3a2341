package dev.betterbase.sync.rpc.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DrainTest {
  private final ArrayDeque<Integer> work = new ArrayDeque<>();
  private final List<Integer> done = new ArrayList<>();

  private boolean takeOne() {
    Integer next = work.poll();
    if (next == null) {
      return false;
    }
    done.add(next);
    return true;
  }

  private void add(int count) {
    IntStream.range(0, count).forEach(work::add);
  }

  @Test
  void doesAllThatIsThereInItsOrder() {
    var drain = new Drain(this::takeOne);
    add(3);

    drain.run();
    drain.run();

    assertThat(done).containsExactly(0, 1, 2);
  }

  @Test
  void aCallFromWithinAStepDoesNotNestAndIsServed() {
    var depth = new AtomicInteger();
    var steps = new AtomicInteger();
    var self = new Drain[1];
    var drain =
        new Drain(
            () -> {
              assertThat(depth.incrementAndGet()).isEqualTo(1);
              if (steps.incrementAndGet() < 100_000) {
                self[0].run();
              }
              depth.decrementAndGet();
              return false;
            });
    self[0] = drain;

    drain.run();

    assertThat(steps).hasValue(100_000);
  }

  @Test
  void whoeverCallsDuringAStepDoesNotWaitAndIsServed() throws Exception {
    var entered = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var steps = new AtomicInteger();
    var drain =
        new Drain(
            () -> {
              steps.incrementAndGet();
              entered.countDown();
              await(goOn);
              return false;
            });
    var worker = new Thread(drain::run);
    worker.start();
    await(entered);

    drain.run(); // would hang here if it waited

    assertThat(steps).hasValue(1);
    goOn.countDown();
    worker.join(TimeUnit.SECONDS.toMillis(30));
    assertThat(worker.isAlive()).isFalse();
    assertThat(steps).hasValue(2);
  }

  @Test
  void handsOverWhenItsTurnIsOver() {
    var handedOver = new AtomicInteger();
    var drain = new Drain(this::takeOne, 4, handedOver::incrementAndGet);
    add(10);

    drain.run();
    assertThat(done).hasSize(4);
    assertThat(handedOver).hasValue(1);

    drain.run();
    assertThat(done).hasSize(8);
    assertThat(handedOver).hasValue(2);

    drain.run();
    assertThat(done).hasSize(10);
    assertThat(handedOver).hasValue(2);
  }

  @Test
  void theTurnMayBeHandedOverToTheSameThread() {
    var self = new Drain[1];
    var drain = new Drain(this::takeOne, 2, () -> self[0].run());
    self[0] = drain;
    add(9);

    drain.run();

    assertThat(done).hasSize(9);
  }

  @Test
  void aStepThatThrowsLeavesTheDrainTaken() {
    var steps = new AtomicInteger();
    var drain =
        new Drain(
            () -> {
              steps.incrementAndGet();
              throw new IllegalStateException("broken");
            });

    assertThatThrownBy(drain::run).hasMessage("broken");
    drain.run();

    assertThat(steps).hasValue(1);
  }

  /** Each thread leaves its work and calls once; whatever is lost would never be done. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, Integer.MAX_VALUE})
  void manyThreadsLoseNothingAndNoTwoWorkAtATime(int turn) throws Exception {
    int threads = 4;
    int each = 50_000;
    var queue = new ConcurrentLinkedQueue<Integer>();
    int[] last = new int[threads];
    int[] count = {0}; // guarded by the drain alone: two at a time would lose some
    var busy = new AtomicInteger();
    var faults = new AtomicInteger();
    var finished = new CountDownLatch(threads * each);
    // Closed last, and only when it is quiet: a turn may be handed over after the last step.
    try (var others = new ForkJoinPool(2)) {
      var self = new Drain[1];
      var drain =
          new Drain(
              () -> {
                if (busy.getAndIncrement() != 0) {
                  faults.incrementAndGet();
                }
                Integer next = queue.poll();
                if (next != null) {
                  count[0]++;
                  int thread = next / each;
                  int number = next % each + 1;
                  if (number != last[thread] + 1) {
                    faults.incrementAndGet();
                  }
                  last[thread] = number;
                  finished.countDown();
                }
                busy.decrementAndGet();
                return next != null;
              },
              turn,
              () -> others.execute(() -> self[0].run()));
      self[0] = drain;
      try (var pool = Executors.newFixedThreadPool(threads)) {
        for (int thread = 0; thread < threads; thread++) {
          int first = thread * each;
          pool.execute(
              () -> {
                for (int i = 0; i < each; i++) {
                  queue.add(first + i);
                  drain.run();
                }
              });
        }
        assertThat(finished.await(60, TimeUnit.SECONDS))
            .as("left: " + finished.getCount())
            .isTrue();
      }
      assertThat(others.awaitQuiescence(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(faults).hasValue(0);
    assertThat(count[0]).isEqualTo(threads * each);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
