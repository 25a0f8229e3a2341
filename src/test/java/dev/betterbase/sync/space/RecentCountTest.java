package dev.betterbase.sync.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecentCountTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private long now = Long.MAX_VALUE - 10; // the clock may wrap round
  private final RecentCount count = new RecentCount(3, SECOND, () -> now);

  @Test
  void permitsSoManyAndCountsNoneOfTheRest() {
    assertThat(count.permits()).isTrue();
    now += 400_000_000;
    assertThat(count.permits()).isTrue();
    assertThat(count.permits()).isTrue();
    for (int i = 0; i < 100; i++) {
      assertThat(count.permits()).isFalse();
    }
    now += 599_999_999;
    assertThat(count.permits()).as("just within the second").isFalse();
    now++;
    assertThat(count.permits()).as("the first is a second old").isTrue();
    assertThat(count.permits()).as("two others are not").isFalse();
  }

  @Test
  void neverPermitsMoreInAnyWindow() {
    int permitted = 0;
    for (int tenth = 0; tenth < 100; tenth++) {
      for (int i = 0; i < 5; i++) {
        permitted += count.permits() ? 1 : 0;
      }
      now += SECOND.toNanos() / 10;
    }
    assertThat(permitted).as("in ten seconds").isEqualTo(30);
  }

  @Test
  void aLongPauseFreesAll() {
    for (int i = 0; i < 3; i++) {
      assertThat(count.permits()).isTrue();
    }
    now += Duration.ofDays(1).toNanos();
    for (int i = 0; i < 3; i++) {
      assertThat(count.permits()).isTrue();
    }
    assertThat(count.permits()).isFalse();
  }
}
