package dev.betterbase.sync.rate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenBucketsTest {
  private long now = 0;
  private final TokenBuckets<String> buckets =
      new TokenBuckets<>(100.0 / Duration.ofHours(1).toSeconds(), 1_000, () -> now);

  @Test
  void eachKeyHasABucketOfItsOwn() {
    assertThat(permitted("a")).isEqualTo(1_000);
    assertThat(permitted("a")).isZero();
    assertThat(permitted("b")).isEqualTo(1_000);
  }

  @Test
  void aFractionOfAnActionASecondAddsUp() {
    assertThat(permitted("a")).isEqualTo(1_000);
    for (int i = 0; i < 3_600; i++) {
      now += Duration.ofSeconds(1).toNanos();
    }
    assertThat(permitted("a")).isEqualTo(100);
  }

  @Test
  void aBucketIsForgottenOnlyWhenItIsFullAgain() {
    assertThat(permitted("a")).isEqualTo(1_000);
    now += Duration.ofHours(9).toNanos();
    assertThat(permitted("a")).isEqualTo(900);
    now += Duration.ofHours(11).toNanos();
    assertThat(permitted("a")).isEqualTo(1_000);
  }

  private int permitted(String key) {
    int permitted = 0;
    for (int i = 0; i < 2_000; i++) {
      permitted += buckets.permits(key) ? 1 : 0;
    }
    return permitted;
  }
}
