package dev.betterbase.sync.rate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecentCountTest {
  private static final int AT_MOST = 3;
  private static final Duration SECOND = Duration.ofSeconds(1);

  private long now = Long.MAX_VALUE - 10; // the clock may wrap round
  private final RecentCount count = new RecentCount(SECOND, () -> now);

  @Test
  void permitsSoManyAndCountsNoneOfTheRest() {
    assertThat(count.permits(AT_MOST)).isTrue();
    now += 400_000_000;
    assertThat(count.permits(AT_MOST)).isTrue();
    assertThat(count.permits(AT_MOST)).isTrue();
    for (int i = 0; i < 100; i++) {
      assertThat(count.permits(AT_MOST)).isFalse();
    }
    now += 599_999_999;
    assertThat(count.permits(AT_MOST)).as("just within the second").isFalse();
    now++;
    assertThat(count.permits(AT_MOST)).as("the first is a second old").isTrue();
    assertThat(count.permits(AT_MOST)).as("two others are not").isFalse();
  }

  @Test
  void neverPermitsMoreInAnyWindow() {
    int permitted = 0;
    for (int tenth = 0; tenth < 100; tenth++) {
      for (int i = 0; i < 5; i++) {
        permitted += count.permits(AT_MOST) ? 1 : 0;
      }
      now += SECOND.toNanos() / 10;
    }
    assertThat(permitted).as("in ten seconds").isEqualTo(30);
  }

  @Test
  void theBoundMayChangeAndTheOldestMayBeForgotten() {
    count.forgetOldest();
    for (int i = 0; i < AT_MOST; i++) {
      assertThat(count.permits(AT_MOST)).isTrue();
    }
    assertThat(count.permits(AT_MOST - 1)).isFalse();
    assertThat(count.permits(AT_MOST + 1)).isTrue();
    assertThat(count.permits(AT_MOST + 1)).isFalse();

    count.forgetOldest();

    assertThat(count.permits(AT_MOST + 1)).isTrue();
    assertThat(count.permits(-1)).isFalse();
  }

  @Test
  void aLongPauseFreesAll() {
    for (int i = 0; i < 3; i++) {
      assertThat(count.permits(AT_MOST)).isTrue();
    }
    now += Duration.ofDays(1).toNanos();
    for (int i = 0; i < 3; i++) {
      assertThat(count.permits(AT_MOST)).isTrue();
    }
    assertThat(count.permits(AT_MOST)).isFalse();
  }
}
