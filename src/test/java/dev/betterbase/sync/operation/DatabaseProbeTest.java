package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DatabaseProbeTest {

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final AtomicInteger pings = new AtomicInteger();
  private final Queue<Runnable> waiting = new ArrayDeque<>();

  private DatabaseProbe probe(Runnable ping) {
    return new DatabaseProbe(ping, Runnable::run, now::get);
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void aPingThatReturnsMeansAvailableAndOneThatThrowsMeansNot() {
    assertThat(probe(() -> {}).isAvailable()).isTrue();
    assertThat(
            probe(
                    () -> {
                      throw new IllegalStateException("gone");
                    })
                .isAvailable())
        .isFalse();
  }

  @Test
  void anAnswerIsKeptForASecondAndThenAskedForAgain() {
    DatabaseProbe probe =
        probe(
            () -> {
              if (pings.incrementAndGet() > 1) {
                throw new IllegalStateException("gone");
              }
            });

    assertThat(probe.isAvailable()).isTrue();
    pass(DatabaseProbe.KEEP.minusNanos(1));
    assertThat(probe.isAvailable()).isTrue();
    pass(Duration.ofNanos(1));
    assertThat(probe.isAvailable()).isFalse();
    assertThat(pings).hasValue(2);
  }

  @Test
  void itRecovers() {
    DatabaseProbe probe =
        probe(
            () -> {
              if (pings.incrementAndGet() == 1) {
                throw new IllegalStateException("gone");
              }
            });

    assertThat(probe.isAvailable()).isFalse();
    pass(DatabaseProbe.KEEP);
    assertThat(probe.isAvailable()).isTrue();
  }

  @Test
  void aPingThatHangsIsNotWaitedForBeyondItsTimeAndNotJoinedByAnother() {
    DatabaseProbe probe = new DatabaseProbe(pings::incrementAndGet, waiting::add, this::hurry);

    assertThat(probe.isAvailable()).isFalse();
    assertThat(probe.isAvailable()).isFalse();
    pass(Duration.ofMinutes(1));
    assertThat(probe.isAvailable()).isFalse();
    assertThat(waiting).hasSize(1);

    waiting.remove().run();
    probe.isAvailable();
    waiting.remove().run();
    assertThat(pings).hasValue(2);
  }

  /** A clock on which more than the whole wait passes between any two looks. */
  private long hurry() {
    pass(DatabaseProbe.WAIT.plusMillis(1));
    return now.get();
  }

  @Test
  void aFullExecutorMeansUnavailable() {
    DatabaseProbe probe =
        new DatabaseProbe(
            () -> {},
            task -> {
              throw new RejectedExecutionException();
            },
            now::get);

    assertThat(probe.isAvailable()).isFalse();
  }

  @Test
  void anErrorOfThePingDoesNotLeaveCallersWaiting() {
    DatabaseProbe probe =
        new DatabaseProbe(
            () -> {
              throw new NoClassDefFoundError("on purpose");
            },
            task -> new FutureTask<>(task, null).run(),
            now::get);

    assertThat(probe.isAvailable()).isFalse();
  }

  @Test
  void manyWhoAskAtOnceShareOnePing() throws Exception {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      AtomicInteger asking = new AtomicInteger();
      DatabaseProbe probe =
          new DatabaseProbe(
              () -> {
                pings.incrementAndGet();
                await().until(() -> asking.get() == 16);
              },
              threads,
              now::get);

      Callable<Boolean> ask =
          () -> {
            asking.incrementAndGet();
            return probe.isAvailable();
          };
      List<Future<Boolean>> answers = threads.invokeAll(Collections.nCopies(16, ask));

      for (Future<Boolean> answer : answers) {
        assertThat(answer.get()).isTrue();
      }
      assertThat(pings).hasValue(1);
    }
  }
}
