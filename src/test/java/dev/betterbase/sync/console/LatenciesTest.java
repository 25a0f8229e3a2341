package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  private static final Offset<Double> CLOSE = within(1e-9);
  private static final double[] BOUNDS = {0.001, 0.002, 0.010};

  @Test
  void aQuantileIsEstimatedWithinItsBucket() {
    Latencies latencies = new Latencies(BOUNDS, new double[] {50, 90, 100});

    assertThat(latencies.quantile(0.25)).isCloseTo(0.0005, CLOSE);
    assertThat(latencies.quantile(0.5)).isCloseTo(0.001, CLOSE);
    assertThat(latencies.quantile(0.7)).isCloseTo(0.0015, CLOSE);
    assertThat(latencies.quantile(0.99)).isCloseTo(0.0092, CLOSE);
    assertThat(latencies.quantile(1)).isCloseTo(0.010, CLOSE);
  }

  @Test
  void anEmptyBucketIsSkipped() {
    assertThat(new Latencies(BOUNDS, new double[] {0, 0, 4}).quantile(0.5)).isCloseTo(0.006, CLOSE);
  }

  @Test
  void withoutRequestsThereIsNone() {
    assertThat(Latencies.NONE.quantile(0.5)).isNaN();
    assertThat(new Latencies(BOUNDS, new double[3]).quantile(0.99)).isNaN();
  }

  @Test
  void whatCameBeforeDoesNotCount() {
    Latencies before = new Latencies(BOUNDS, new double[] {100, 100, 100});
    Latencies after = new Latencies(BOUNDS, new double[] {100, 100, 110});

    assertThat(after.since(before).quantile(0.5)).isCloseTo(0.006, CLOSE);
    assertThat(after.since(Latencies.NONE)).isSameAs(after);
  }

  @Test
  void theyAreReadFromTheTimersOfTheRegistry() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Timer timer =
        Timer.builder("requests")
            .tag("method", "push")
            .serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(10))
            .register(registry);
    timer.record(Duration.ofMillis(5));
    timer.record(Duration.ofMillis(5));
    Meters meters = new Meters(registry);

    assertThat(meters.latencies("requests", "method", "push").quantile(0.5))
        .isBetween(0.001, 0.010);
    assertThat(meters.latencies("requests", "method", "pull")).isSameAs(Latencies.NONE);
    assertThat(meters.sum("requests")).isEqualTo(2);
    assertThat(meters.sumBy("method", "requests")).containsOnlyKeys("push");
    assertThat(meters.longestBy("method", "requests").get("push")).isCloseTo(0.005, CLOSE);
    assertThat(meters.sum("nothing")).isZero();
  }
}
