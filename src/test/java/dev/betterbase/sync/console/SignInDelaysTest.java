package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.address.ClientAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SignInDelaysTest {
  private static final ClientAddress ONE = ClientAddress.of("192.0.2.1");
  private static final ClientAddress OTHER = ClientAddress.of("192.0.2.2");

  private long nanos;
  private final SignInDelays delays = new SignInDelays(() -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void eachWrongTokenDoublesTheDelayUpToHalfAMinute() {
    for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30}) {
      assertThat(delays.attempt(ONE)).isEmpty();
      assertThat(delays.attempt(ONE)).contains(Duration.ofSeconds(seconds));
      pass(Duration.ofSeconds(seconds).minusNanos(1));
      assertThat(delays.attempt(ONE)).contains(Duration.ofNanos(1));
      pass(Duration.ofNanos(1));
    }
  }

  @Test
  void attemptsAtTheSameTimeAreNoWayAroundIt() {
    assertThat(delays.attempt(ONE)).isEmpty();
    assertThat(delays.attempt(ONE)).isPresent();
    delays.wasRight(ONE);
    assertThat(delays.attempt(ONE)).isEmpty();
  }

  @Test
  void anotherAddressDoesNotWait() {
    assertThat(delays.attempt(ONE)).isEmpty();
    assertThat(delays.attempt(OTHER)).isEmpty();
    assertThat(delays.attempt(OTHER)).isPresent();
  }

  @Test
  void anAddressIsForgottenAfterAnHour() {
    for (int seconds : new int[] {1, 2, 4}) {
      assertThat(delays.attempt(ONE)).isEmpty();
      pass(Duration.ofSeconds(seconds));
    }
    pass(Duration.ofHours(1));
    assertThat(delays.attempt(ONE)).isEmpty();
    assertThat(delays.attempt(ONE)).contains(Duration.ofSeconds(1));
  }
}
