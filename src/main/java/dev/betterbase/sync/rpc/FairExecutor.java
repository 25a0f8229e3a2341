package dev.betterbase.sync.rpc;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of many parties. A party has at most its share of turns at a time, through however
 * many connections it comes, so that it leaves the others threads, processors, memory and database
 * connections. It gets no further turn while the frames that its tasks have made, and that it has
 * not read, take too much memory. Its other tasks wait, first in, first out. For any number of
 * threads.
 */
final class FairExecutor {
  private final Executor pool;
  private final int share;
  private final LongSupplier mostHeld;
  private final ConcurrentHashMap<Object, Line> lines = new ConcurrentHashMap<>();

  /** The tasks of one party; used only within the map's compute. */
  private static final class Line {
    int running;
    long held;
    final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    boolean isOver() {
      return running == 0 && held == 0 && waiting.isEmpty();
    }
  }

  /**
   * @param pool runs the tasks
   * @param share the most tasks of one party that run at a time
   * @param mostHeld the bytes above which a party gets no further turn at the moment, at least 0
   */
  FairExecutor(Executor pool, int share, LongSupplier mostHeld) {
    this.pool = pool;
    this.share = share;
    this.mostHeld = mostHeld;
  }

  /**
   * The turns of a party, as one of its connections takes them.
   *
   * @param party gives the party, each time anew
   */
  Turns turnsOf(Supplier<Object> party) {
    return new Turns(party);
  }

  /** The turns of one party. */
  final class Turns implements Executor {
    private final Supplier<Object> party;

    private Turns(Supplier<Object> party) {
      this.party = party;
    }

    /**
     * Runs a task on the calling thread if the party may have a turn now.
     *
     * @return false if it may not; the task was not run
     */
    boolean runHere(Runnable task) {
      Object owner = party.get();
      if (!enter(owner, null)) {
        return false;
      }
      try {
        task.run();
      } finally {
        leave(owner);
        beginWaiting(owner);
      }
      return true;
    }

    /**
     * Runs a task in the pool, now or when it is the party's turn.
     *
     * @throws RejectedExecutionException if the pool takes no more tasks
     */
    @Override
    public void execute(Runnable task) {
      Object owner = party.get();
      if (enter(owner, task)) {
        begin(owner, task);
      } else {
        // Others may have given memory back since the last task of the party began to wait.
        beginWaiting(owner);
      }
    }

    /**
     * Counts bytes that the party begins to hold, or no longer holds if negative. Runs nothing, so
     * it may be called under any lock; {@link #eased} has to follow.
     */
    void hold(long bytes) {
      lines.compute(
          party.get(),
          (key, known) -> {
            Line line = known == null ? new Line() : known;
            line.held += bytes;
            return line.isOver() ? null : line;
          });
    }

    /** The party may hold less than before: begins the tasks that have waited for that. */
    void eased() {
      beginWaiting(party.get());
    }
  }

  /**
   * Takes a turn.
   *
   * @param otherwise waits for a turn if there is none now; null if nothing is to wait
   * @return whether the party may have a turn now
   */
  private boolean enter(Object party, @Nullable Runnable otherwise) {
    var entered = new boolean[1];
    lines.compute(
        party,
        (key, known) -> {
          Line line = known == null ? new Line() : known;
          entered[0] = line.waiting.isEmpty() && mayRun(line);
          if (entered[0]) {
            line.running++;
          } else if (otherwise != null) {
            line.waiting.add(otherwise);
          }
          return line;
        });
    return entered[0];
  }

  private boolean mayRun(Line line) {
    return line.running < share && line.held <= mostHeld.getAsLong();
  }

  private void leave(Object party) {
    lines.computeIfPresent(
        party,
        (key, line) -> {
          line.running--;
          return line.isOver() ? null : line;
        });
  }

  private void begin(Object party, Runnable task) {
    try {
      pool.execute(
          () -> {
            try {
              task.run();
            } finally {
              leave(party);
              beginWaiting(party);
            }
          });
    } catch (RejectedExecutionException e) {
      leave(party);
      throw e;
    }
  }

  /** The waiting tasks whose turn it is go to the end of the pool's queue. */
  private void beginWaiting(Object party) {
    try {
      for (Runnable task = next(party); task != null; task = next(party)) {
        begin(party, task);
      }
    } catch (RejectedExecutionException stopping) {
      // The pool is being stopped, and with it the connections whose tasks wait. Nobody is left
      // to be told: thrown on, it would end a thread of the pool with a stack trace.
      lines.remove(party);
    }
  }

  private @Nullable Runnable next(Object party) {
    if (!lines.containsKey(party)) {
      return null;
    }
    var next = new @Nullable Runnable[1];
    lines.computeIfPresent(
        party,
        (key, line) -> {
          if (!line.waiting.isEmpty() && mayRun(line)) {
            next[0] = line.waiting.remove();
            line.running++;
          }
          return line;
        });
    return next[0];
  }
}
