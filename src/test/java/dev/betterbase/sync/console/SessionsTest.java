package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionsTest {
  private long nanos = Long.MAX_VALUE - 5;
  private Instant time = Instant.parse("2026-11-27T22:00:00Z");
  private final Sessions sessions = new Sessions(() -> nanos, () -> time);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void aSessionEndsHalfAnHourAfterItBeganHoweverMuchItIsUsed() {
    String token = sessions.begin();
    assertThat(token).hasSize(43);
    assertThat(sessions.left(token)).contains(Duration.ofMinutes(30));
    pass(Duration.ofMinutes(29));
    assertThat(sessions.left(token)).contains(Duration.ofMinutes(1));
    pass(Duration.ofMinutes(1).minusNanos(1));
    assertThat(sessions.left(token)).isPresent();
    pass(Duration.ofNanos(1));
    assertThat(sessions.left(token)).isEmpty();
  }

  /** The monotonic clock stands still while a machine is suspended. */
  @Test
  void aSessionEndsAsWellWhenTheTimeOfDayHasPassed() {
    String token = sessions.begin();
    pass(Duration.ofMinutes(1));
    time = time.plus(Duration.ofMinutes(20));
    assertThat(sessions.left(token)).contains(Duration.ofMinutes(10));
    time = time.plus(Duration.ofMinutes(10));
    assertThat(sessions.left(token)).isEmpty();
  }

  @Test
  void aClockThatIsSetBackDoesNotProlongASession() {
    String token = sessions.begin();
    time = time.minus(Duration.ofDays(1));
    pass(Duration.ofMinutes(29));
    assertThat(sessions.left(token)).contains(Duration.ofMinutes(1));
    pass(Duration.ofMinutes(1));
    assertThat(sessions.left(token)).isEmpty();
  }

  @Test
  void onlyItsOwnTokenOpensASession() {
    String token = sessions.begin();
    String other = sessions.begin();
    assertThat(other).isNotEqualTo(token);
    assertThat(sessions.left(token + "x")).isEmpty();
    assertThat(sessions.left("")).isEmpty();
    sessions.end(token);
    assertThat(sessions.left(token)).isEmpty();
    assertThat(sessions.left(other)).isPresent();
  }

  @Test
  void theOldestSessionGivesWay() {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i <= Sessions.AT_MOST; i++) {
      tokens.add(sessions.begin());
    }
    assertThat(sessions.left(tokens.getFirst())).isEmpty();
    assertThat(tokens.subList(1, tokens.size()))
        .allMatch(token -> sessions.left(token).isPresent());
  }
}
