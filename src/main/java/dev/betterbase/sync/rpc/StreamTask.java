package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One stream on its way to the client. It fetches a batch, hands it to the outbound queue as room
 * appears, and fetches the next one. It holds a thread only while it works. While the client reads,
 * it holds at most one batch, which the {@link SendBudget} of the node counts.
 */
final class StreamTask {

  /** The side of the connection that a stream needs. */
  interface Outlet {
    /** Sends frames in the order of the requests, on the thread that handles them. */
    void replyInOrder(List<byte[]> frames);

    /**
     * Sends as many frames as there is room for; returns the index of the first that found none.
     *
     * @param owner the key for {@link #withdraw}; null if they are never withdrawn
     */
    int offer(List<byte[]> frames, int from, @Nullable Object owner);

    /** Takes back the waiting frames of an owner. */
    void withdraw(Object owner);

    /** Runs a task once a frame of this length would find room. */
    void whenRoom(int length, Runnable task);

    /** Encodes a chunk of this call. */
    byte[] chunk(String name, Body data);

    /** Encodes the closing result of this call. */
    byte[] result(Body result);

    /** Encodes the error that ends the call. */
    byte[] error(RuntimeException cause);

    /** Whether the connection is still open. */
    boolean isOpen();
  }

  /** The bytes of one batch, unless a single chunk is longer. */
  static final int BATCH_BYTES = 1024 * 1024;

  private final ChunkStream stream;
  private final Outlet outlet;
  private final SendBudget budget;
  private List<byte[]> frames = List.of();
  private int next;
  private int chunks;
  private boolean last;

  /** Guards the three below, and what {@link #send} does with frames. */
  private final Object sending = new Object();

  private @Nullable RuntimeException ended;
  private boolean endIsIn;
  private boolean allSent;

  StreamTask(ChunkStream stream, Outlet outlet, SendBudget budget) {
    this.stream = stream;
    this.outlet = outlet;
    this.budget = budget;
  }

  /**
   * Fetches the first batch on the calling thread, which is the one that handles the requests,
   * unless other streams of the party go first. If that is the whole answer, it is sent in order.
   * Otherwise the rest is sent beside the answers to other requests.
   */
  void runInOrder(FairExecutor.Turns turns, Runnable finished) {
    if (!stream.ready().toCompletableFuture().isDone() || !turns.runHere(this::fetch)) {
      runBeside(turns, finished);
      return;
    }
    if (last) {
      List<byte[]> whole = frames;
      hold(List.of());
      outlet.replyInOrder(whole);
      finished.run();
    } else {
      runBeside(turns, finished);
    }
  }

  /** Sends the whole stream beside the answers to other requests. */
  void runBeside(FairExecutor.Turns turns, Runnable finished) {
    if (frames.isEmpty()) {
      fetchBeside(turns, finished);
    } else {
      send(turns, finished);
    }
  }

  /**
   * Sends the fetched frames as far as there is room, and goes on when there is more. This is short
   * and never waits, so it runs on the thread that made the room. Only fetching needs a turn.
   */
  private void send(FairExecutor.Turns turns, Runnable finished) {
    synchronized (sending) {
      if (ended != null && !endIsIn) {
        hold(List.of(outlet.error(ended)));
        last = true;
        endIsIn = true;
      }
      int offered = next;
      next = outlet.offer(frames, offered, endIsIn ? null : this);
      budget.add(-bytes(frames, offered, next));
      allSent = last && next == frames.size();
    }
    if (next < frames.size()) {
      outlet.whenRoom(frames.get(next).length, () -> send(turns, finished));
      return;
    }
    hold(List.of());
    if (last || !outlet.isOpen()) {
      finished.run();
    } else {
      fetchBeside(turns, finished);
    }
  }

  /** Replaces the frames that have not left by an error, unless the reader may still see them. */
  void endIf(Predicate<Capability> over) {
    if (!stream.restsOn(over)) {
      return;
    }
    synchronized (sending) {
      if (ended != null || allSent) {
        return;
      }
      ended = new Failure.Forbidden();
    }
    outlet.withdraw(this);
  }

  /** Gives back the resources of the stream. A fetch that is still to come fails. */
  void close() {
    stream.close();
  }

  private void fetchBeside(FairExecutor.Turns turns, Runnable finished) {
    CompletionStage<?> unused =
        stream.ready().whenComplete((ready, failure) -> fetchNow(turns, finished));
  }

  private void fetchNow(FairExecutor.Turns turns, Runnable finished) {
    try {
      turns.execute(
          () -> {
            // It may have waited for longer than its reader.
            if (outlet.isOpen()) {
              fetch();
              send(turns, finished);
            } else {
              finished.run();
            }
          });
    } catch (RejectedExecutionException e) {
      // The server is stopping: the connection is closed with 1001, and the client pulls again.
      finished.run();
    }
  }

  private void fetch() {
    var batch = new ArrayList<byte[]>();
    try {
      boolean more =
          stream.next(
              (name, data) -> batch.add(outlet.chunk(name, data)), budget.allowance(BATCH_BYTES));
      chunks += batch.size();
      if (!more) {
        batch.add(outlet.result(stream.result(chunks)));
      }
      last = !more;
    } catch (RuntimeException e) {
      // The client must not mistake half an answer for the whole one: send an error, never a
      // result.
      batch.add(outlet.error(e));
      last = true;
    }
    hold(batch);
  }

  /** Replaces the held frames by these. */
  private void hold(List<byte[]> batch) {
    budget.add(bytes(batch, 0, batch.size()) - bytes(frames, next, frames.size()));
    frames = batch;
    next = 0;
  }

  private static long bytes(List<byte[]> frames, int from, int to) {
    long bytes = 0;
    for (byte[] frame : frames.subList(from, to)) {
      bytes += frame.length;
    }
    return bytes;
  }
}
