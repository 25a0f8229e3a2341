package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSVerifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Key sets over real HTTP, on a clock that the test moves. */
class JwksSourceTest {
  private static final class MovableClock implements LongSupplier {
    // A value of System.nanoTime may have any sign, and overflow.
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);

    @Override
    public long getAsLong() {
      return now.get();
    }

    void advance(Duration by) {
      now.addAndGet(by.toNanos());
    }
  }

  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final JwksServer server = new JwksServer();
  private final JwksFetcher fetcher = new JwksFetcher(executor);
  private final MovableClock clock = new MovableClock();
  private final JwksSource source =
      new JwksSource("https://id.example", () -> fetcher.fetch(server.url()), clock);

  @AfterEach
  void stop() {
    server.close();
    fetcher.close();
    callers.shutdownNow();
    executor.shutdownNow();
  }

  private void serves(String... kids) {
    server.serves(
        Arrays.stream(kids)
            .map(kid -> SigningKey.withKid(kid).key().toPublicJWK().toString())
            .collect(Collectors.joining(",", "{\"keys\":[", "]}")));
  }

  private boolean knows(String kid) {
    return source.verifier(kid).isPresent();
  }

  /** Asks from a thread of its own, and returns when that thread waits. */
  private Future<Boolean> waiting(String kid) {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    Future<Boolean> answer =
        callers.submit(
            () -> {
              thread.complete(Thread.currentThread());
              return knows(kid);
            });
    Awaitility.await()
        .until(() -> thread.isDone() && thread.get().getState() == Thread.State.TIMED_WAITING);
    return answer;
  }

  private static boolean get(Future<Boolean> answer) throws Exception {
    return answer.get(60, TimeUnit.SECONDS);
  }

  private void awaitFetches(int number) {
    Awaitility.await().until(() -> server.fetches() == number);
  }

  @Test
  void callersOfTheFirstHourShareOneFetch() throws Exception {
    server.hold();
    serves("a", "b");
    List<Future<Boolean>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      answers.add(waiting(i % 2 == 0 ? "a" : "b"));
    }
    server.resume();
    for (Future<Boolean> answer : answers) {
      assertThat(get(answer)).isTrue();
    }
    clock.advance(Duration.ofMinutes(49));
    assertThat(knows("a")).isTrue();
    assertThat(server.fetches()).isEqualTo(1);
  }

  @Test
  void aCallerThatWaitedForTheFirstSetDoesNotFetchAgainForAnUnknownKid() {
    serves("a");
    assertThat(knows("x")).isFalse();
    assertThat(server.fetches()).isEqualTo(1);
  }

  @Test
  void aNewKeyIsFoundAtOnceAndAWithdrawnOneIsGone() {
    serves("a");
    assertThat(knows("a")).isTrue();
    serves("b");
    assertThat(knows("b")).isTrue();
    assertThat(knows("a")).isFalse();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void aKeyThatWasReplacedUnderItsKidIsFetchedOnceInThirtySeconds() {
    serves("a");
    JWSVerifier old = source.verifier("a").orElseThrow();
    serves("a");
    JWSVerifier replacement = source.replacement("a", old).orElseThrow();
    assertThat(replacement).isNotSameAs(old);
    assertThat(server.fetches()).isEqualTo(2);
    // Another caller still holds the old one.
    assertThat(source.replacement("a", old)).containsSame(replacement);
    assertThat(source.verifier("a")).containsSame(replacement);
    for (int i = 0; i < 100; i++) {
      assertThat(source.replacement("a", replacement)).isEmpty();
      assertThat(knows("x" + i)).isFalse();
    }
    assertThat(server.fetches()).isEqualTo(2);
    clock.advance(Duration.ofSeconds(30));
    assertThat(source.replacement("a", replacement)).isPresent();
    assertThat(server.fetches()).isEqualTo(3);
  }

  @Test
  void aReplacementIsNotFoundWhileTheIssuerIsDown() {
    serves("a");
    JWSVerifier known = source.verifier("a").orElseThrow();
    server.fails();
    assertThat(source.replacement("a", known)).isEmpty();
    assertThat(source.verifier("a")).containsSame(known);
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void inventedKidsFetchOnceInThirtySeconds() {
    serves("a");
    assertThat(knows("a")).isTrue();
    for (int i = 0; i < 100; i++) {
      assertThat(knows("x" + i)).isFalse();
    }
    assertThat(server.fetches()).isEqualTo(2);
    clock.advance(Duration.ofMillis(29_999));
    assertThat(knows("y")).isFalse();
    assertThat(server.fetches()).isEqualTo(2);
    clock.advance(Duration.ofMillis(1));
    assertThat(knows("z")).isFalse();
    assertThat(knows("z")).isFalse();
    assertThat(server.fetches()).isEqualTo(3);
  }

  @Test
  void inventedKidsDoNotHammerAnIssuerThatIsDownEither() {
    serves("a");
    assertThat(knows("a")).isTrue();
    server.fails();
    for (int i = 0; i < 100; i++) {
      assertThat(knows("x" + i)).isFalse();
    }
    assertThat(knows("a")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void whileOneCallerFetchesForAnUnknownKidNobodyElseWaits() throws Exception {
    serves("a");
    assertThat(knows("a")).isTrue();
    server.hold();
    serves("a", "b");
    Future<Boolean> first = waiting("b");
    // None of these waits: the answer is held until after them.
    assertThat(knows("b")).isFalse();
    assertThat(knows("x")).isFalse();
    assertThat(knows("a")).isTrue();
    server.resume();
    assertThat(get(first)).isTrue();
    assertThat(knows("b")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void anAgeingSetIsRefreshedWhileCallersGoOn() {
    serves("a");
    assertThat(knows("a")).isTrue();
    clock.advance(Duration.ofMinutes(50));
    server.hold();
    serves("a", "b");
    assertThat(knows("a")).isTrue();
    awaitFetches(2);
    assertThat(knows("a")).isTrue();
    server.resume();
    assertThat(knows("b")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
    clock.advance(Duration.ofMinutes(49));
    assertThat(knows("a")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void anUnknownKidIsLookedForAgainAfterARefreshThatWasUnderWay() throws Exception {
    serves("a");
    assertThat(knows("a")).isTrue();
    clock.advance(Duration.ofMinutes(50));
    server.hold();
    assertThat(knows("a")).isTrue();
    awaitFetches(2);
    Future<Boolean> answer = waiting("b");
    server.resume();
    assertThat(get(answer)).isFalse();
    assertThat(server.fetches()).isEqualTo(3);
  }

  @Test
  void aSetThatNobodyAskedForIsNotUsedPastItsHour() {
    serves("a");
    assertThat(knows("a")).isTrue();
    serves("b");
    clock.advance(Duration.ofHours(1));
    assertThat(knows("a")).isFalse();
    assertThat(knows("b")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void knownKeysGoOnWorkingWhileTheIssuerIsDown() {
    serves("a");
    assertThat(knows("a")).isTrue();
    server.fails();
    clock.advance(Duration.ofHours(10));
    assertThat(knows("a")).isTrue();
    assertThat(knows("a")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
    // It is known to be down, so the next try holds nobody up, however long it takes.
    server.hold();
    clock.advance(Duration.ofSeconds(30));
    assertThat(knows("a")).isTrue();
    awaitFetches(3);
    assertThat(knows("a")).isTrue();
    serves("b");
    server.resume();
    assertThat(knows("b")).isTrue();
    assertThat(server.fetches()).isEqualTo(3);
    assertThat(knows("a")).isFalse();
  }

  @Test
  void aFirstFetchThatFailedAtOnceIsTriedAgainAfterASecond() {
    server.fails();
    for (int i = 0; i < 50; i++) {
      assertThat(knows("a")).isFalse();
    }
    assertThat(server.fetches()).isEqualTo(1);
    serves("a");
    clock.advance(Duration.ofMillis(999));
    assertThat(knows("a")).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(knows("a")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void aFirstFetchThatFailedSlowlyIsTriedAgainAfterFiveSeconds() throws Exception {
    server.fails();
    server.hold();
    Future<Boolean> answer = waiting("a");
    clock.advance(Duration.ofSeconds(9));
    server.resume();
    assertThat(get(answer)).isFalse();
    serves("a");
    clock.advance(Duration.ofMillis(4_999));
    assertThat(knows("a")).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(knows("a")).isTrue();
  }

  @Test
  void aSetWithoutAKeyIsASet() {
    serves();
    assertThat(knows("a")).isFalse();
    serves("a");
    assertThat(knows("a")).isTrue();
    assertThat(server.fetches()).isEqualTo(2);
  }

  @Test
  void aFetchThatCannotBeStartedIsOneThatFailed() {
    JwksSource broken =
        new JwksSource(
            "https://id.example",
            () -> CompletableFuture.failedFuture(new IllegalStateException("stopped")),
            clock);
    assertThat(broken.verifier("a")).isEmpty();
    clock.advance(Duration.ofSeconds(5));
    assertThat(broken.verifier("a")).isEmpty();
  }
}
