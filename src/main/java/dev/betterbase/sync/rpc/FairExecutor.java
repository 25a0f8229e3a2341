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
 * connections. It gets no further turn while what its tasks have made, and nobody has read, takes
 * too much memory. What they have made in vain counts like that for a while longer, or else a party
 * could have the same made again and again. Its other tasks wait, first in, first out. For any
 * number of threads.
 */
final class FairExecutor {
  /** So many of the bytes that were made in vain are forgiven in a second, for each party. */
  static final long FORGIVEN_PER_SECOND = 1024 * 1024;

  private static final double NANOS_PER_SECOND = 1e9;

  private final Executor pool;
  private final int share;
  private final LongSupplier mostHeld;
  private final LongSupplier nanoTime;
  private final ConcurrentHashMap<Object, Line> lines = new ConcurrentHashMap<>();

  /** The tasks of one party; used only within the map's compute. */
  private final class Line {
    int running;
    long held;
    final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private double wasted;
    private long forgivenAt = nanoTime.getAsLong();

    void waste(long bytes) {
      wasted = wasted() + bytes;
    }

    double wasted() {
      long now = nanoTime.getAsLong();
      double forgiven = (now - forgivenAt) / NANOS_PER_SECOND * FORGIVEN_PER_SECOND;
      wasted = Math.max(0, wasted - forgiven);
      forgivenAt = now;
      return wasted;
    }

    boolean mayRun() {
      return running < share && held + wasted() <= mostHeld.getAsLong();
    }

    boolean isOver() {
      return running == 0 && held == 0 && waiting.isEmpty() && wasted() == 0;
    }
  }

  /**
   * @param pool runs the tasks
   * @param share how many tasks of one party run at a time
   * @param mostHeld the bytes above which a party gets no further turn at the moment, at least 0
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  FairExecutor(Executor pool, int share, LongSupplier mostHeld, LongSupplier nanoTime) {
    this.pool = pool;
    this.share = share;
    this.mostHeld = mostHeld;
    this.nanoTime = nanoTime;
  }

  /** Forgets the parties that have nothing here any more; to be called now and then. */
  void forget() {
    lines.keySet().forEach(party -> lines.computeIfPresent(party, (key, line) -> orNone(line)));
  }

  /** How many parties have something here. */
  int parties() {
    return lines.size();
  }

  private @Nullable Line orNone(Line line) {
    return line.isOver() ? null : line;
  }

  /**
   * The turns of a party, as one of its connections takes them.
   *
   * @param party who it is, asked each time
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
            return orNone(line);
          });
    }

    /**
     * The party no longer holds bytes, which were made in vain. Runs nothing, as {@link #hold}.
     *
     * @param bytes more than 0
     */
    void waste(long bytes) {
      lines.compute(
          party.get(),
          (key, known) -> {
            Line line = known == null ? new Line() : known;
            line.held -= bytes;
            line.waste(bytes);
            return line;
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
          entered[0] = line.waiting.isEmpty() && line.mayRun();
          if (entered[0]) {
            line.running++;
          } else if (otherwise != null) {
            line.waiting.add(otherwise);
          }
          return line;
        });
    return entered[0];
  }

  private void leave(Object party) {
    lines.computeIfPresent(
        party,
        (key, line) -> {
          line.running--;
          return orNone(line);
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
          if (!line.waiting.isEmpty() && line.mayRun()) {
            next[0] = line.waiting.remove();
            line.running++;
          }
          return line;
        });
    return next[0];
  }
}
