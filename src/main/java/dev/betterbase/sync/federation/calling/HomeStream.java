package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.ServerFrame;
import dev.betterbase.sync.rpc.method.ChunkStream;
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
 * The chunks that a home server sends for one call of a member, as they come. It begins with its
 * making. Where the connection breaks before the first chunk it is asked once more (federation.md,
 * Calling).
 */
final class HomeStream implements HomeSession.PendingCall, AutoCloseable {
  /** What one stream may keep on disk for a member who reads slowly. */
  private static final long SPOOL_AT_MOST = 1L << 30;

  private final HomeLink link;
  private final String method;
  private final Body params;
  private final Predicate<ServerFrame.Chunk> expected;
  private final ScheduledExecutorService timer;
  private final ChunkSpool spool = new ChunkSpool(SPOOL_AT_MOST);

  /** Guards the fields below. */
  private final Object lock = new Object();

  private CompletableFuture<Void> ready = new CompletableFuture<>();
  private @Nullable HomeSession session;
  private @Nullable String id;
  private @Nullable Encoded result;
  private @Nullable Failure failure;
  private boolean askedAgain;
  private boolean any;
  private long heardAt = System.nanoTime();
  private @Nullable ScheduledFuture<?> watch;

  /**
   * @param expected whether a chunk is one that was asked for: a home answers for its own spaces
   *     alone
   */
  HomeStream(
      HomeLink link,
      String method,
      Body params,
      Predicate<ServerFrame.Chunk> expected,
      ScheduledExecutorService timer) {
    this.link = link;
    this.method = method;
    this.params = params;
    this.expected = expected;
    this.timer = timer;
  }

  /** Asks the home server. */
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
      session = open;
      heardAt = System.nanoTime();
    }
    String given = open.request(method, params, this);
    synchronized (lock) {
      id = given;
    }
  }

  /** When something can be written, or the end is known. */
  CompletionStage<Void> ready() {
    synchronized (lock) {
      return ready;
    }
  }

  /**
   * Writes what is there.
   *
   * @param bytes what to write at most; a single chunk may be longer
   * @return whether more may follow
   * @throws Failure where the call has failed
   */
  boolean drain(ChunkStream.Chunks chunks, int bytes) {
    long taken = 0;
    while (taken < bytes) {
      ChunkSpool.Chunk chunk = spool.poll();
      if (chunk == null) {
        return !isOver();
      }
      taken += chunk.data().length;
      chunks.add(chunk.name(), new Encoded(chunk.data()));
    }
    return true;
  }

  /** Whether nothing follows what was drained; else nobody drains before there is more. */
  private boolean isOver() {
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

  /** What the call ended in, once all was drained. */
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
      heardAt = System.nanoTime();
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
    fail(HomeLink.said(method, answer));
  }

  @Override
  public void broken(boolean written) {
    boolean again;
    synchronized (lock) {
      again = !askedAgain && !any && result == null && failure == null;
      askedAgain = true;
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
      if (System.nanoTime() - heardAt < HomeLink.CALL_NANOS) {
        return;
      }
      silent = session;
    }
    giveUp();
    fail(new Failure.Internal("internal"));
    if (silent != null && System.nanoTime() - silent.heardAt() >= HomeLink.CALL_NANOS) {
      // Nothing else comes either: the next call needs another connection.
      silent.abort();
    }
  }

  /** What still comes is for nobody. */
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

  /** Nobody reads any more; who waits for the next chunk hears that the call has failed. */
  @Override
  public void close() {
    giveUp();
    fail(new Failure.Internal("internal"));
    spool.close();
  }
}
