package dev.betterbase.sync.operation;

import dev.betterbase.sync.fault.Causes;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers whether the database can be written, in bounded time and at bounded cost. Callers share a
 * ping that is under way, an answer is valid for {@link #KEEP}, and no caller waits longer than
 * {@link #WAIT}. At most one ping runs at a time, so an exhausted pool or a silent database
 * occupies one thread, however many callers there are.
 */
final class DatabaseProbe {

  static final Duration WAIT = Duration.ofSeconds(2);
  static final Duration KEEP = Duration.ofSeconds(1);

  private static final Logger LOG = System.getLogger(DatabaseProbe.class.getName());

  /** One ping. {@code startedAt} is in nanoseconds of the clock. */
  private record Attempt(long startedAt, CompletableFuture<Boolean> answer) {}

  private final Runnable ping;
  private final Executor executor;
  private final LongSupplier clock;
  private final AtomicReference<@Nullable Attempt> latest = new AtomicReference<>();
  private volatile boolean lastAnswer = true;

  /**
   * @param ping asks the database; throws if it cannot be written
   * @param executor runs the ping
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  DatabaseProbe(Runnable ping, Executor executor, LongSupplier clock) {
    this.ping = ping;
    this.executor = executor;
    this.clock = clock;
  }

  boolean isAvailable() {
    Attempt attempt = current();
    long left = attempt.startedAt() + WAIT.toNanos() - clock.getAsLong();
    try {
      return attempt.answer().get(Math.max(0, left), TimeUnit.NANOSECONDS);
    } catch (TimeoutException tooSlow) {
      return false;
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException never) {
      throw new IllegalStateException(never);
    }
  }

  /** The ping that is under way, or the last answer if it is still valid, or a new ping. */
  private Attempt current() {
    Attempt known = latest.get();
    long now = clock.getAsLong();
    if (known != null && (!known.answer().isDone() || now - known.startedAt() < KEEP.toNanos())) {
      return known;
    }
    Attempt fresh = new Attempt(now, new CompletableFuture<>());
    if (!latest.compareAndSet(known, fresh)) {
      // Another caller was faster, and no one ever sets it back to null.
      return Objects.requireNonNull(latest.get());
    }
    try {
      executor.execute(() -> run(fresh));
    } catch (RejectedExecutionException full) {
      fresh.answer().complete(false);
    }
    return fresh;
  }

  private void run(Attempt attempt) {
    boolean answer = false;
    try {
      ping.run();
      answer = true;
      if (!lastAnswer) {
        LOG.log(Level.INFO, "The database is available again");
      }
    } catch (RuntimeException failure) {
      if (lastAnswer) {
        LOG.log(
            Level.WARNING,
            "The database is unavailable: {0}",
            Causes.innermost(failure).toString());
      }
    } finally {
      lastAnswer = answer;
      attempt.answer().complete(answer);
    }
  }
}
