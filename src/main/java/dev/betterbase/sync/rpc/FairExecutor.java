package dev.betterbase.sync.rpc;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of many parties in one pool. A party has at most its share of the threads at a
 * time, through however many connections it comes, so that it leaves the others threads, processors
 * and database connections. Its other tasks wait for their turn, first in, first out. For any
 * number of threads.
 */
final class FairExecutor {
  private final Executor pool;
  private final int share;
  private final ConcurrentHashMap<Object, Line> lines = new ConcurrentHashMap<>();

  /** The tasks of one party; used only within the map's compute. */
  private static final class Line {
    int running;
    final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  }

  /**
   * @param pool runs the tasks
   * @param share how many tasks of one party run at a time
   */
  FairExecutor(Executor pool, int share) {
    this.pool = pool;
    this.share = share;
  }

  /**
   * Runs a task in the pool, now or when it is the party's turn.
   *
   * @throws RejectedExecutionException if the pool takes no more tasks
   */
  void execute(Object party, Runnable task) {
    var now = new boolean[1];
    lines.compute(
        party,
        (key, known) -> {
          Line line = known == null ? new Line() : known;
          now[0] = line.running < share;
          if (now[0]) {
            line.running++;
          } else {
            line.waiting.add(task);
          }
          return line;
        });
    if (now[0]) {
      try {
        begin(party, task);
      } catch (RejectedExecutionException e) {
        lines.remove(party);
        throw e;
      }
    }
  }

  private void begin(Object party, Runnable task) {
    pool.execute(
        () -> {
          try {
            task.run();
          } finally {
            goOn(party);
          }
        });
  }

  /** A task has ended: the next one of its party goes to the end of the pool's queue. */
  private void goOn(Object party) {
    var next = new @Nullable Runnable[1];
    lines.computeIfPresent(
        party,
        (key, line) -> {
          next[0] = line.waiting.poll();
          if (next[0] == null) {
            line.running--;
          }
          return line.running == 0 ? null : line;
        });
    Runnable task = next[0];
    if (task != null) {
      try {
        begin(party, task);
      } catch (RejectedExecutionException stopping) {
        // The pool is being stopped, and with it the connections whose tasks wait. Nobody is left
        // to be told: thrown on, it would end a thread of the pool with a stack trace.
        lines.remove(party);
      }
    }
  }
}
