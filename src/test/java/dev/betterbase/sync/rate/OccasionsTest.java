package dev.betterbase.sync.rate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class OccasionsTest {
  private long nanos = Long.MAX_VALUE - 5;

  private final Occasions occasions = new Occasions(Duration.ofSeconds(60), () -> nanos);

  private void pass(int seconds) {
    nanos += Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void oneIsReportedAndTheOthersAreCounted() {
    assertThat(occasions.report()).hasValue(0);
    assertThat(occasions.report()).isEmpty();
    pass(59);
    assertThat(occasions.report()).isEmpty();
    pass(1);
    assertThat(occasions.report()).hasValue(2);
    assertThat(occasions.report()).isEmpty();
    pass(1_000);
    assertThat(occasions.report()).hasValue(1);
  }
}
