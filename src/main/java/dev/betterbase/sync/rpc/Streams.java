package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The streams of one connection (protocol.md, Streams). A few run at once, some more wait, and none
 * of them holds up other requests.
 */
final class Streams {

  /**
   * The bounds on the streams of a connection.
   *
   * @param running at once
   * @param waiting the streams beyond those, which wait for their turn
   */
  record Limits(int running, int waiting) {
    /** For a client (protocol.md, Streams). */
    static final Limits CLIENT = new Limits(2, 8);

    /** For a peer, whose one connection stands for all of its members. */
    static final Limits PEER = new Limits(8, 1_000);
  }

  private final Limits limits;
  private final FairExecutor.Turns turns;
  private final Object lock = new Object();
  private final ArrayDeque<StreamTask> waiting = new ArrayDeque<>();
  private final Set<StreamTask> running = new HashSet<>();

  /**
   * @param turns when the streams may make a batch; the threads of its pool are for streams only,
   *     so that these cannot starve short requests
   * @param limits the most streams
   */
  Streams(FairExecutor.Turns turns, Limits limits) {
    this.limits = limits;
    this.turns = turns;
  }

  /**
   * Runs the first batch of a stream on the calling thread, if its party may have a turn now, and
   * the rest beside other requests; or lets the stream wait until others of the connection end.
   *
   * @throws Failure if too many are already waiting
   */
  void start(StreamTask task) {
    synchronized (lock) {
      if (running.size() == limits.running()) {
        if (waiting.size() == limits.waiting()) {
          task.close();
          throw new Failure.RateLimited("too many streams");
        }
        waiting.add(task);
        return;
      }
      running.add(task);
    }
    task.runInOrder(turns, () -> finished(task));
  }

  /** Whether no stream runs or waits. */
  boolean isIdle() {
    synchronized (lock) {
      return running.isEmpty();
    }
  }

  /** Forgets the waiting streams. Running ones end when they find their connection closed. */
  void abandon() {
    List<StreamTask> all = new ArrayList<>();
    synchronized (lock) {
      all.addAll(waiting);
      waiting.clear();
      all.addAll(running);
    }
    all.forEach(StreamTask::close);
  }

  /** Ends the streams whose reader may no longer see what they send. */
  void endIf(Predicate<Capability> over) {
    List<StreamTask> all;
    synchronized (lock) {
      // Waiting streams have sent nothing and are refused when their turn comes.
      all = List.copyOf(running);
    }
    all.forEach(task -> task.endIf(over));
  }

  private void finished(StreamTask task) {
    task.close();
    turns.eased();
    StreamTask next;
    synchronized (lock) {
      running.remove(task);
      next = waiting.poll();
      if (next != null) {
        running.add(next);
      }
    }
    if (next != null) {
      next.runBeside(turns, () -> finished(next));
    }
  }
}
