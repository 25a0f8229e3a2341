package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class StorageFiguresTest {
  private static final Instant COUNTED = Instant.parse("2026-01-01T12:00:00Z");

  @Test
  void aCountHoldsForAMinute() {
    assertThat(StorageFigures.holds(COUNTED, COUNTED)).isTrue();
    assertThat(StorageFigures.holds(COUNTED, COUNTED.plusSeconds(59))).isTrue();
    assertThat(StorageFigures.holds(COUNTED, COUNTED.plusSeconds(60))).isFalse();
  }

  @Test
  void aCountDoesNotHoldAfterTheClockWasSetBack() {
    assertThat(StorageFigures.holds(COUNTED, COUNTED.minusSeconds(3600))).isFalse();
  }
}
