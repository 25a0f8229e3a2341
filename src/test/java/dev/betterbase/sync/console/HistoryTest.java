package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final History history = new History();

  /** A node with so many connections that has done a push every second since the beginning. */
  private static Reading at(Duration time, double connections) {
    return new Reading(
        BEGIN.plus(time),
        time.toNanos(),
        Map.of(Series.CONNECTIONS, connections),
        Map.of(Series.PUSHES, (double) time.toSeconds()),
        Latencies.NONE,
        Latencies.NONE,
        Latencies.NONE);
  }

  private void run(Duration from, Duration to) {
    for (Duration at = from; at.compareTo(to) <= 0; at = at.plus(History.STEP)) {
      history.add(at(at, (double) at.toSeconds()));
    }
  }

  @Test
  void aSampleHasTheRatesOfTheTimeBeforeIt() {
    run(Duration.ZERO, Duration.ofSeconds(30));

    assertThat(history.hour(Instant.EPOCH))
        .hasSize(3)
        .allMatch(sample -> sample.of(Series.PUSHES) == 1)
        .allMatch(sample -> Double.isNaN(sample.of(Series.PUSH_P99)));
    assertThat(history.hour(Instant.EPOCH).getLast().of(Series.CONNECTIONS)).isEqualTo(30);
    assertThat(history.hour(BEGIN.plusSeconds(20))).hasSize(1);
    assertThat(history.day(Instant.EPOCH)).isEmpty();
  }

  @Test
  void anHourAndADayAreKeptAndNoMore() {
    run(Duration.ZERO, Duration.ofHours(26));

    assertThat(history.hour(Instant.EPOCH)).hasSize(History.OF_AN_HOUR);
    assertThat(history.hour(Instant.EPOCH).getFirst().at())
        .isEqualTo(BEGIN.plus(Duration.ofHours(25)).plus(History.STEP));
    assertThat(history.day(Instant.EPOCH))
        .hasSize(History.OF_A_DAY)
        .allMatch(sample -> sample.of(Series.PUSHES) == 1);
    assertThat(history.day(Instant.EPOCH).getLast().at())
        .isEqualTo(BEGIN.plus(Duration.ofHours(26)));
  }

  @Test
  void whatHoldsNowIsKnownAtOnceAndRatesAfterTheFirstSample() {
    Sample alone = history.current(at(Duration.ofSeconds(5), 7));
    assertThat(alone.of(Series.CONNECTIONS)).isEqualTo(7);
    assertThat(alone.of(Series.PUSHES)).isNaN();

    run(Duration.ZERO, Duration.ofSeconds(20));
    assertThat(history.current(at(Duration.ofSeconds(25), 8)).of(Series.PUSHES)).isEqualTo(1);
  }
}
