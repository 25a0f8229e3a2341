package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuietTimeTest {
  private static int stepsUntilQuiet(Duration length, double... loads) throws InterruptedException {
    Deque<Double> left = new ArrayDeque<>();
    for (double load : loads) {
      left.add(load);
    }
    List<Duration> steps = new ArrayList<>();
    new QuietTime(length, left::remove, steps::add).await();
    assertThat(left).isEmpty();
    return steps.size();
  }

  @Test
  void aBusyStepBeginsTheTimeAnew() throws InterruptedException {
    // The first load is that of the time before.
    assertThat(stepsUntilQuiet(Duration.ofSeconds(30), 1, 0.1, 0.1, 0.9, 0.1, 0.2, 0.25))
        .isEqualTo(6);
  }

  @Test
  void aShortTimeIsOneStep() throws InterruptedException {
    assertThat(stepsUntilQuiet(Duration.ofSeconds(1), 1, 0)).isEqualTo(1);
  }

  @Test
  void aLoadThatTheSystemDoesNotTellIsQuiet() throws InterruptedException {
    assertThat(stepsUntilQuiet(Duration.ofSeconds(1), Double.NaN, -1)).isEqualTo(1);
  }
}
