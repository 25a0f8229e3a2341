package dev.betterbase.sync.operation;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * The one registry of this server's metrics, the same on every application server. Any room takes
 * it as a {@code MeterRegistry} and registers what it counts.
 */
@ApplicationScoped
public class Metrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** The registry. */
  @Produces
  @Singleton
  PrometheusMeterRegistry registry() {
    return registry;
  }

  @PreDestroy
  void close() {
    registry.close();
  }
}
