package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameTooLarge;
import dev.betterbase.sync.protocol.ServerFrame;
import dev.betterbase.sync.protocol.WireError;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one connection to a home server (federation.md, Calling): opened on need, shared by all
 * calls, opened anew where it broke.
 */
public final class HomeLink {
  private static final Logger LOG = System.getLogger(HomeLink.class.getName());

  /** Time for a call, and for both tries of one that is repeated. */
  static final long CALL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long REPEATED_NANOS = TimeUnit.SECONDS.toNanos(12);
  private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** What changes nothing may be asked twice. */
  private static final Set<String> REPEATABLE =
      Set.of("subscribe", "membership.list", "pull", "deks.get", "deks.getFiles", "file.deks.get");

  private final HomeAddress address;
  private final HomeDialer dialer;
  private final ScheduledExecutorService timer;
  private final Events events;

  private final Object lock = new Object();
  private @Nullable CompletableFuture<HomeSession> current;
  private long pauseNanos = SHORTEST_PAUSE_NANOS;
  private long notBefore = System.nanoTime();
  private boolean stopped;

  /** What the owner of a link hears of. */
  interface Events {
    /** The home server tells something unasked. */
    void notified(ServerFrame.Notification notification);

    /** A new connection is open; calls go on when the stage is complete, however it completes. */
    CompletionStage<?> opened(HomeSession session);

    /**
     * A call with one reply is over.
     *
     * @param nanos how long it took, both tries of one that was repeated
     */
    void called(String method, long nanos, @Nullable Throwable failure);

    /** Whether the connection is wanted even while nobody calls. */
    boolean isWanted();
  }

  /** The home server cannot be reached, or broke off. */
  static final class Unreachable extends IOException {
    private final boolean written;

    Unreachable(boolean written) {
      super("the home server cannot be reached", null);
      this.written = written;
    }

    /** Whether it may have done what it was asked for. */
    boolean written() {
      return written;
    }
  }

  HomeLink(HomeAddress address, HomeDialer dialer, ScheduledExecutorService timer, Events events) {
    this.address = address;
    this.dialer = dialer;
    this.timer = timer;
    this.events = events;
  }

  HomeAddress address() {
    return address;
  }

  /** The open connection; empty where there is none now. */
  @Nullable HomeSession open() {
    synchronized (lock) {
      return current != null && current.isDone() && !current.isCompletedExceptionally()
          ? current.join()
          : null;
    }
  }

  /**
   * The connection, opened where there is none; fails at once while the home is known to be away.
   */
  CompletableFuture<HomeSession> session() {
    CompletableFuture<HomeSession> opening;
    synchronized (lock) {
      if (current != null) {
        return current;
      }
      if (stopped || System.nanoTime() - notBefore < 0) {
        return CompletableFuture.failedFuture(new Unreachable(false));
      }
      opening = new CompletableFuture<>();
      current = opening;
    }
    timer.execute(() -> dial(opening));
    return opening;
  }

  private void dial(CompletableFuture<HomeSession> opening) {
    CompletableFuture<?> unused =
        dialer
            .dial(address, () -> new HomeSession(events::notified, () -> gone(opening)))
            .thenCompose(session -> events.opened(session).handle((done, failure) -> session))
            .whenComplete(
                (session, failure) -> {
                  if (failure == null && session.isOpen()) {
                    succeeded(opening, session);
                  } else {
                    failed(opening, failure);
                  }
                });
  }

  private void succeeded(CompletableFuture<HomeSession> opening, HomeSession session) {
    synchronized (lock) {
      pauseNanos = SHORTEST_PAUSE_NANOS;
    }
    LOG.log(Level.INFO, "Connected to the home server {0}", address.uri().getRawAuthority());
    opening.complete(session);
    if (isStopped()) {
      session.close();
    }
  }

  private void failed(CompletableFuture<HomeSession> opening, @Nullable Throwable failure) {
    long pause;
    synchronized (lock) {
      if (current == opening) {
        current = null;
      }
      // So that the many do not all come back at once.
      pause = (long) (pauseNanos * ThreadLocalRandom.current().nextDouble(0.75, 1.25));
      notBefore = System.nanoTime() + pause;
      pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
    }
    LOG.log(
        Level.INFO,
        "The home server {0} cannot be reached: {1}",
        address.uri().getRawAuthority(),
        failure == null ? "it closed" : rootCause(failure).getClass().getSimpleName());
    opening.completeExceptionally(new Unreachable(false));
    reopenAfter(pause);
  }

  private static Throwable rootCause(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private void gone(CompletableFuture<HomeSession> opening) {
    synchronized (lock) {
      if (current != opening || !opening.isDone()) {
        return;
      }
      current = null;
    }
    reopenAfter(0);
  }

  private void reopenAfter(long nanos) {
    if (isStopped() || !events.isWanted()) {
      return;
    }
    ScheduledFuture<?> unused =
        timer.schedule(
            () -> {
              if (!isStopped() && events.isWanted()) {
                CompletableFuture<HomeSession> opening = session();
                LOG.log(Level.DEBUG, "opening again: {0}", opening);
              }
            },
            nanos,
            TimeUnit.NANOSECONDS);
  }

  /** Opens it where it is wanted and not open, whatever the reason. */
  void reopen() {
    reopenAfter(0);
  }

  private boolean isStopped() {
    synchronized (lock) {
      return stopped;
    }
  }

  /** Opens nothing more, and closes what is open. */
  void stop() {
    HomeSession session = open();
    synchronized (lock) {
      stopped = true;
    }
    if (session != null) {
      session.close();
    }
  }

  /**
   * Asks for something with one reply.
   *
   * @return the result; fails with a {@link Failure}: what the home server said, or that it is
   *     internal where it cannot be reached or does not know the method
   */
  CompletableFuture<Encoded> call(String method, Body params) {
    long began = System.nanoTime();
    return repeated(method, () -> once(method, params))
        .whenComplete(
            (result, failure) -> events.called(method, System.nanoTime() - began, failure))
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(asFailure(failure)));
  }

  /** Two tries at most, where the first has done nothing or may be done twice. */
  <T> CompletableFuture<T> repeated(String method, Supplier<CompletableFuture<T>> attempt) {
    long began = System.nanoTime();
    return attempt
        .get()
        .exceptionallyCompose(
            failure -> {
              boolean again =
                  cause(failure) instanceof Unreachable unreachable
                      && (!unreachable.written() || REPEATABLE.contains(method))
                      && System.nanoTime() - began < CALL_NANOS;
              if (!again) {
                return CompletableFuture.failedFuture(failure);
              }
              long left = REPEATED_NANOS - (System.nanoTime() - began);
              return attempt.get().orTimeout(left, TimeUnit.NANOSECONDS);
            });
  }

  private CompletableFuture<Encoded> once(String method, Body params) {
    return session().thenCompose(session -> ask(session, method, params));
  }

  /** Asks on this connection. */
  CompletableFuture<Encoded> ask(HomeSession session, String method, Body params) {
    var answer = new CompletableFuture<Encoded>();
    long began = System.nanoTime();
    String id;
    try {
      id = session.request(method, params, new Answer(method, answer));
    } catch (FrameTooLarge tooLong) {
      return CompletableFuture.failedFuture(new Failure.PayloadTooLarge());
    }
    ScheduledFuture<?> late =
        timer.schedule(
            () -> {
              session.forget(id);
              if (answer.completeExceptionally(new Unreachable(true))
                  && session.heardAt() - began < 0) {
                // Not a word since: the connection is dead, and the next call needs another.
                session.abort();
              }
            },
            CALL_NANOS,
            TimeUnit.NANOSECONDS);
    return answer.whenComplete((result, failure) -> late.cancel(false));
  }

  private record Answer(String method, CompletableFuture<Encoded> answer)
      implements HomeSession.PendingCall {
    /** That of a method without chunks. */
    @Override
    public void chunk(ServerFrame.Chunk chunk) {
      answer.completeExceptionally(
          new Failure.Internal(new IOException("chunks from the home server")));
    }

    @Override
    public void result(ServerFrame.Result result) {
      try {
        answer.complete(result.result().encoded());
      } catch (Failure.InvalidParams none) {
        answer.completeExceptionally(
            new Failure.Internal(new IOException("no result from the home server")));
      }
    }

    @Override
    public void failed(ServerFrame.Failed failure) {
      answer.completeExceptionally(said(method, failure));
    }

    @Override
    public void broken(boolean written) {
      answer.completeExceptionally(new Unreachable(written));
    }
  }

  /** What a home server said, for the member who asked. */
  static Failure said(String method, ServerFrame.Failed failure) {
    return failure.code().equals("method_not_found")
        ? new Failure.Internal("home server does not support " + method)
        : WireError.failure(failure.code(), failure.message());
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Any failure of a call as what the member is told; the log has heard of the rest. */
  public static Failure asFailure(Throwable failure) {
    return cause(failure) instanceof Failure known ? known : new Failure.Internal("internal");
  }
}
