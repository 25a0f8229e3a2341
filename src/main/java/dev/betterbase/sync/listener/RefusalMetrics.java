package dev.betterbase.sync.listener;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;

/** Shows what {@link RefusedConnections} counts as metrics of the application. */
public final class RefusalMetrics {
  /** The attributes of the bean by the label of the metric. */
  private static final Map<String, String> ATTRIBUTES =
      Map.of(
          "too_many", "TooMany",
          "too_many_of_address", "TooManyOfAddress",
          "header_memory", "HeaderMemory",
          "header_too_slow", "HeaderTooSlow");

  private RefusalMetrics() {}

  /** Registers the metrics. They are 0 as long as no listener is guarded. */
  public static void register(MeterRegistry registry) {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ATTRIBUTES.forEach(
        (reason, attribute) -> {
          ToDoubleFunction<MBeanServer> count = from -> count(from, attribute);
          FunctionCounter.builder("betterbase.connections.refused", server, count)
              .description("Connections that were refused or closed before a request was known")
              .tag("reason", reason)
              .register(registry);
        });
  }

  private static double count(MBeanServer server, String attribute) {
    try {
      return ((Number) server.getAttribute(RefusedConnections.NAME, attribute)).doubleValue();
    } catch (InstanceNotFoundException none) {
      return 0;
    } catch (JMException e) {
      throw new IllegalStateException("the connections that were refused cannot be read", e);
    }
  }
}
