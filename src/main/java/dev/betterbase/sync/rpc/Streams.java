package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Failure;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * The streams of one connection (protocol.md, Connecting, last item): at most two run at once, up
 * to eight more wait, and neither holds back other requests.
 */
final class Streams {

  private static final int RUNNING = 2;
  private static final int WAITING = 8;

  private final Executor executor;
  private final Object lock = new Object();
  private final ArrayDeque<StreamTask> waiting = new ArrayDeque<>();
  private int running;

  /**
   * @param executor runs what is not done at once; has threads of its own for streams, so that they
   *     cannot starve what is short
   */
  Streams(Executor executor) {
    this.executor = executor;
  }

  /**
   * Runs the first batch of a stream on the calling thread, and the rest beside other requests; or
   * lets it wait for its turn.
   *
   * @throws Failure where too many wait already
   */
  void start(StreamTask task) {
    synchronized (lock) {
      if (running == RUNNING) {
        if (waiting.size() == WAITING) {
          throw new Failure.RateLimited("too many streams");
        }
        waiting.add(task);
        return;
      }
      running++;
    }
    task.runInOrder(executor, this::finished);
  }

  /** Whether no stream runs or waits. */
  boolean isIdle() {
    synchronized (lock) {
      return running == 0;
    }
  }

  /** Forgets the streams that wait. Those that run end when they find their connection closed. */
  void abandon() {
    synchronized (lock) {
      waiting.clear();
    }
  }

  private void finished() {
    StreamTask next;
    synchronized (lock) {
      next = waiting.poll();
      if (next == null) {
        running--;
      }
    }
    if (next != null) {
      next.runBeside(executor, this::finished);
    }
  }
}
