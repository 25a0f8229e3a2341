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
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.eclipse.jetty.websocket.core.exception.UpgradeException;
import org.jspecify.annotations.Nullable;

/**
 * The one connection to a home server (federation.md, Calling): opened on need, shared by all
 * calls, and opened again after it broke.
 */
public final class HomeLink {
  private static final Logger LOG = System.getLogger(HomeLink.class.getName());

  /**
   * A home that failed this often in a row, each time quickly, is worth waiting for: the pauses are
   * a quarter and half a second. Beyond that it is away, and calls fail at once.
   */
  private static final int FAILURES_WAITED_FOR = 2;

  /** A home that did not even connect in this time is away. */
  private static final long QUICKLY_NANOS = TimeUnit.MILLISECONDS.toNanos(2_500);

  private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final HomeAddress address;
  private final HomeDialer dialer;
  private final ScheduledExecutorService timer;
  private final Events events;
  private final LongSupplier nanoTime;

  private final Object lock = new Object();
  private @Nullable CompletableFuture<HomeSession> current;
  private long pauseNanos = SHORTEST_PAUSE_NANOS;
  private long notBefore;
  private int failures;
  private boolean away;
  private boolean stopped;

  private volatile long usedAt;

  /** Is told of what happens on the connections to home servers. */
  interface Events {
    /** The home server has sent a notification. */
    void notified(HomeLink link, ServerFrame.Notification notification);

    /** A new connection is open. Calls wait until the stage is complete, however it completes. */
    CompletionStage<?> opened(HomeLink link, HomeSession session);

    /**
     * A call with one reply is over.
     *
     * @param nanos the time it took, including the second try if there was one
     * @param failure null if the home server carried out the call
     */
    void called(HomeLink link, String method, long nanos, @Nullable Throwable failure);

    /** Whether the connection is wanted even while there is no call. */
    boolean isWanted(HomeLink link);
  }

  /** The home server cannot be reached, or broke off. */
  static final class Unreachable extends IOException {
    private final boolean written;

    Unreachable(boolean written) {
      super("the home server cannot be reached", null);
      this.written = written;
    }

    /** Whether the home server may have carried out the call. */
    boolean written() {
      return written;
    }
  }

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  HomeLink(
      HomeAddress address,
      HomeDialer dialer,
      ScheduledExecutorService timer,
      Events events,
      LongSupplier nanoTime) {
    this.address = address;
    this.dialer = dialer;
    this.timer = timer;
    this.events = events;
    this.nanoTime = nanoTime;
    notBefore = nanoTime.getAsLong();
    usedAt = notBefore;
  }

  HomeAddress address() {
    return address;
  }

  /** Somebody is about to make a call. */
  void used() {
    usedAt = nanoTime.getAsLong();
  }

  /**
   * Whether nobody needs this connection.
   *
   * @param unused the time for which nobody must have used it; longer than a call may take to begin
   */
  boolean isUnused(Duration unused) {
    HomeSession session = open();
    return nanoTime.getAsLong() - usedAt >= unused.toNanos()
        && !events.isWanted(this)
        && (session == null || session.isIdle());
  }

  /** The open connection; null if there is none now. */
  @Nullable HomeSession open() {
    synchronized (lock) {
      return current != null && current.isDone() && !current.isCompletedExceptionally()
          ? current.join()
          : null;
    }
  }

  /**
   * The connection, opened if there is none. All calls share the future: do not complete it. It
   * fails at once while the home is known to be away. After a home has failed once or twice, it
   * waits for the pause before the next try.
   */
  CompletableFuture<HomeSession> session() {
    CompletableFuture<HomeSession> opening;
    long pause;
    synchronized (lock) {
      if (current != null) {
        return current;
      }
      pause = Math.max(notBefore - nanoTime.getAsLong(), 0);
      if (stopped || (away && pause > 0)) {
        return CompletableFuture.failedFuture(new Unreachable(false));
      }
      opening = new CompletableFuture<>();
      current = opening;
    }
    ScheduledFuture<?> unused = timer.schedule(() -> dial(opening), pause, TimeUnit.NANOSECONDS);
    return opening;
  }

  private void dial(CompletableFuture<HomeSession> opening) {
    if (isStopped()) {
      opening.completeExceptionally(new Unreachable(false));
      return;
    }
    long began = nanoTime.getAsLong();
    CompletableFuture<?> unused =
        dialer
            .dial(
                address,
                () -> new HomeSession(told -> events.notified(this, told), () -> gone(opening)))
            .thenCompose(session -> events.opened(this, session).handle((done, failure) -> session))
            .whenComplete(
                (session, failure) -> {
                  if (failure == null && session.isOpen()) {
                    succeeded(opening, session);
                  } else {
                    failed(opening, nanoTime.getAsLong() - began, failure);
                  }
                });
  }

  private void succeeded(CompletableFuture<HomeSession> opening, HomeSession session) {
    synchronized (lock) {
      pauseNanos = SHORTEST_PAUSE_NANOS;
      failures = 0;
      away = false;
    }
    LOG.log(Level.INFO, "Connected to the home server {0}", address.uri().getRawAuthority());
    opening.complete(session);
    if (isStopped()) {
      session.close();
    }
  }

  private void failed(
      CompletableFuture<HomeSession> opening, long tookNanos, @Nullable Throwable failure) {
    long pause;
    synchronized (lock) {
      if (current == opening) {
        current = null;
      }
      // Random, so that the servers that call this home do not all come back at once.
      pause = (long) (pauseNanos * ThreadLocalRandom.current().nextDouble(0.75, 1.25));
      notBefore = nanoTime.getAsLong() + pause;
      pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
      failures++;
      away = failures > FAILURES_WAITED_FOR || tookNanos > QUICKLY_NANOS;
    }
    LOG.log(
        Level.INFO,
        "The home server {0} cannot be reached: {1}",
        address.uri().getRawAuthority(),
        reason(failure));
    opening.completeExceptionally(new Unreachable(false));
    reopenAfter(pause);
  }

  private static String reason(@Nullable Throwable failure) {
    String reason = "it closed";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UpgradeException refused && refused.getResponseStatusCode() > 0) {
        return "it answered with status " + refused.getResponseStatusCode();
      }
      reason = cause.getClass().getSimpleName();
    }
    return reason;
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
    if (isStopped() || !events.isWanted(this)) {
      return;
    }
    ScheduledFuture<?> unused =
        timer.schedule(
            () -> {
              if (!isStopped() && events.isWanted(this)) {
                CompletableFuture<HomeSession> opening = session();
                LOG.log(Level.DEBUG, "opening again: {0}", opening);
              }
            },
            nanos,
            TimeUnit.NANOSECONDS);
  }

  /** Opens the connection if it is wanted and not open. */
  void reopen() {
    reopenAfter(0);
  }

  private boolean isStopped() {
    synchronized (lock) {
      return stopped;
    }
  }

  /** Closes the connection, and opens no other. */
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
   * Makes a call with one reply.
   *
   * @param repeatable whether it may be sent a second time when its answer was lost
   * @return the result; fails with a {@link Failure}: what the home server said, or that it is
   *     internal because it cannot be reached or does not know the method
   */
  CompletableFuture<Encoded> call(String method, Body params, boolean repeatable) {
    long began = nanoTime.getAsLong();
    return attempt(method, params, began + CallTime.NANOS)
        .exceptionallyCompose(
            failure ->
                mayRepeat(failure, repeatable) && nanoTime.getAsLong() - began < CallTime.NANOS
                    ? attempt(method, params, began + CallTime.REPEATED_NANOS)
                    : CompletableFuture.failedFuture(failure))
        .whenComplete(
            (result, failure) -> events.called(this, method, nanoTime.getAsLong() - began, failure))
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(asFailure(failure)));
  }

  /** A second try is made only if the first did nothing, or may be repeated. */
  private static boolean mayRepeat(Throwable failure, boolean repeatable) {
    return cause(failure) instanceof Unreachable unreachable
        && (!unreachable.written() || repeatable);
  }

  private CompletableFuture<Encoded> attempt(String method, Body params, long deadline) {
    return session()
        .thenApply(Function.identity())
        .orTimeout(deadline - nanoTime.getAsLong(), TimeUnit.NANOSECONDS)
        .thenCompose(session -> ask(session, method, params, deadline));
  }

  /** Makes a call on this connection. */
  CompletableFuture<Encoded> ask(HomeSession session, String method, Body params) {
    return ask(session, method, params, nanoTime.getAsLong() + CallTime.NANOS);
  }

  private CompletableFuture<Encoded> ask(
      HomeSession session, String method, Body params, long deadline) {
    var answer = new CompletableFuture<Encoded>();
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
              if (answer.completeExceptionally(new Unreachable(true))) {
                session.abortIfSilent(CallTime.NANOS);
              }
            },
            deadline - nanoTime.getAsLong(),
            TimeUnit.NANOSECONDS);
    return answer.whenComplete((result, failure) -> late.cancel(false));
  }

  private record Answer(String method, CompletableFuture<Encoded> answer)
      implements HomeSession.PendingCall {
    /** The method has no chunks. */
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

  /** The error of a home server, for the member who asked. */
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

  /** Any failure of a call, as the member is told of it. */
  public static Failure asFailure(Throwable failure) {
    return cause(failure) instanceof Failure known ? known : new Failure.Internal("internal");
  }
}
