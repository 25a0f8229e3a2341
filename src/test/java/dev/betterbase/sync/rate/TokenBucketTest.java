package dev.betterbase.sync.rate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private long now = Long.MAX_VALUE - 10; // the clock may wrap round
  private final TokenBucket bucket = new TokenBucket(5, 20, () -> now);

  @Test
  void permitsTheBurstAndThenTheRate() {
    assertThat(permitted(100)).isEqualTo(20);

    now += Duration.ofSeconds(1).toNanos();
    assertThat(permitted(100)).isEqualTo(5);

    now += Duration.ofMillis(199).toNanos();
    assertThat(permitted(1)).isZero();
    now += Duration.ofMillis(2).toNanos();
    assertThat(permitted(100)).isEqualTo(1);
  }

  @Test
  void aLongPauseEarnsNoMoreThanTheBurst() {
    assertThat(permitted(20)).isEqualTo(20);

    now += Duration.ofDays(1).toNanos();

    assertThat(permitted(100)).isEqualTo(20);
  }

  @Test
  void theRateMayBeUsedForEver() {
    assertThat(permitted(20)).isEqualTo(20);
    for (int i = 0; i < 1_000; i++) {
      now += Duration.ofMillis(201).toNanos();
      assertThat(permitted(1)).isEqualTo(1);
    }
  }

  private int permitted(int tries) {
    int permitted = 0;
    for (int i = 0; i < tries; i++) {
      permitted += bucket.permits() ? 1 : 0;
    }
    return permitted;
  }
}
