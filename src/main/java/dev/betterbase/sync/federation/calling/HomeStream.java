package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameTooLarge;
import dev.betterbase.sync.protocol.ServerFrame;
import dev.betterbase.sync.rpc.method.ChunkSource;
import dev.betterbase.sync.space.HomeServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that a home server sends for one call of a member, as they come. If the connection
 * breaks before the first chunk, the call may be sent once more (federation.md, Calling).
 */
final class HomeStream implements HomeSession.PendingCall, HomePull.Source {
  private final HomeLink link;
  private final HomeServer.Request request;
  private final Predicate<ServerFrame.Chunk> expected;
  private final ScheduledExecutorService timer;
  private final ChunkSpool spool;

  /** Guards the fields below. */
  private final Object lock = new Object();

  private CompletableFuture<Void> ready = new CompletableFuture<>();
  private @Nullable HomeSession session;
  private @Nullable String id;
  private @Nullable Encoded result;
  private @Nullable Failure failure;
  private boolean askedAgain;
  private boolean any;
  private @Nullable ScheduledFuture<?> watch;

  private final long began = System.nanoTime();

  /** The time at which the call fails, unless a chunk comes before. */
  private long deadline = began + CallTime.NANOS;

  /**
   * @param expected whether a chunk may be part of the answer: a home answers for its own spaces
   *     only
   * @param room the file in which chunks wait for a member who reads slowly
   */
  HomeStream(
      HomeLink link,
      HomeServer.Request request,
      Predicate<ServerFrame.Chunk> expected,
      SpoolRoom room,
      ScheduledExecutorService timer) {
    this.link = link;
    this.request = request;
    this.expected = expected;
    this.spool = new ChunkSpool(room);
    this.timer = timer;
  }

  /** Sends the request. */
  HomeStream begin() {
    ScheduledFuture<?> started =
        timer.scheduleAtFixedRate(this::lookAtTheClock, 1, 1, TimeUnit.SECONDS);
    synchronized (lock) {
      watch = started;
    }
    ask();
    return this;
  }

  private void ask() {
    CompletableFuture<Void> unused =
        link.session()
            .handle(
                (open, cause) -> {
                  if (open == null) {
                    broken(false);
                  } else {
                    ask(open);
                  }
                  return null;
                });
  }

  private void ask(HomeSession open) {
    synchronized (lock) {
      if (failure != null) {
        return;
      }
      session = open;
    }
    String given;
    try {
      given = open.request(request.method(), request.params(), this);
    } catch (FrameTooLarge tooLong) {
      fail(new Failure.PayloadTooLarge());
      return;
    }
    synchronized (lock) {
      // Unless that connection broke at once, and the request was sent on another.
      if (session == open) {
        id = given;
      }
    }
  }

  /** Completes when a chunk has come, or the end is known. */
  @Override
  public CompletionStage<Void> ready() {
    synchronized (lock) {
      return ready;
    }
  }

  /**
   * Writes the chunks that have come.
   *
   * @param bytes the most to write; a single chunk may be longer
   * @return whether more may follow
   * @throws Failure if the call has failed
   */
  boolean drain(ChunkSource.Chunks chunks, int bytes) {
    long taken = 0;
    while (taken < bytes) {
      ChunkSpool.Chunk chunk = poll();
      if (chunk == null) {
        return !isOver();
      }
      taken += chunk.data().length;
      chunks.add(chunk.name(), new Encoded(chunk.data()));
    }
    return true;
  }

  @Override
  public ChunkSpool.@Nullable Chunk poll() {
    return spool.poll();
  }

  /**
   * Whether the call has ended and all chunks were taken. If not, {@link #ready} completes when it
   * is worth asking again.
   *
   * @throws Failure if the call has failed and all chunks were taken
   */
  @Override
  public boolean isOver() {
    synchronized (lock) {
      if (!spool.isEmpty()) {
        return false;
      }
      if (failure != null) {
        throw failure;
      }
      if (result == null) {
        ready = new CompletableFuture<>();
      }
      return result != null;
    }
  }

  /** The closing result, once all chunks were taken. */
  Encoded result() {
    synchronized (lock) {
      if (result == null) {
        throw new IllegalStateException("the call has not ended");
      }
      return result;
    }
  }

  @Override
  public void chunk(ServerFrame.Chunk chunk) {
    boolean taken;
    try {
      taken =
          expected.test(chunk)
              && spool.add(new ChunkSpool.Chunk(chunk.name(), chunk.data().encoded().cbor()));
    } catch (Failure.InvalidParams | UncheckedIOException e) {
      taken = false;
    }
    if (!taken) {
      giveUp();
      fail(new Failure.Internal("internal"));
      return;
    }
    CompletableFuture<Void> waiting;
    synchronized (lock) {
      any = true;
      deadline = System.nanoTime() + CallTime.NANOS;
      waiting = ready;
    }
    waiting.complete(null);
  }

  @Override
  public void result(ServerFrame.Result answer) {
    Encoded value;
    try {
      value = answer.result().encoded();
    } catch (Failure.InvalidParams none) {
      fail(new Failure.Internal(new IOException("no result from the home server")));
      return;
    }
    CompletableFuture<Void> waiting;
    synchronized (lock) {
      result = value;
      waiting = ready;
    }
    stopWatching();
    waiting.complete(null);
  }

  @Override
  public void failed(ServerFrame.Failed answer) {
    fail(HomeLink.said(request.method(), answer));
  }

  @Override
  public void broken(boolean written) {
    boolean again;
    synchronized (lock) {
      boolean harmless = request.repeatable() || !written;
      again = harmless && !askedAgain && !any && result == null && failure == null;
      askedAgain = true;
      if (again) {
        deadline = began + CallTime.REPEATED_NANOS;
      }
    }
    if (again) {
      ask();
    } else {
      fail(new Failure.Internal("internal"));
    }
  }

  private void fail(Failure why) {
    CompletableFuture<Void> waiting;
    synchronized (lock) {
      if (result == null && failure == null) {
        failure = why;
      }
      waiting = ready;
    }
    stopWatching();
    waiting.complete(null);
  }

  private void lookAtTheClock() {
    HomeSession silent;
    synchronized (lock) {
      if (System.nanoTime() - deadline < 0) {
        return;
      }
      silent = session;
    }
    giveUp();
    fail(new Failure.Internal("internal"));
    if (silent != null) {
      silent.abortIfSilent(CallTime.NANOS);
    }
  }

  /** Chunks that still come are dropped. */
  private void giveUp() {
    HomeSession open;
    String asked;
    synchronized (lock) {
      open = session;
      asked = id;
    }
    if (open != null && asked != null) {
      open.forget(asked);
    }
  }

  private void stopWatching() {
    synchronized (lock) {
      if (watch != null) {
        watch.cancel(false);
      }
    }
  }

  /** Drops what has come. A reader that waits for the next chunk learns that the call failed. */
  @Override
  public void close() {
    giveUp();
    fail(new Failure.Internal("internal"));
    spool.close();
  }
}
