package dev.betterbase.sync.realtime;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.function.ToDoubleFunction;

/** The metrics of subscriptions and presence. They are counted when they are asked for. */
@ApplicationScoped
public class RealtimeMetrics {
  @Inject private MeterRegistry registry;
  @Inject private Subscriptions subscriptions;

  void register(@Observes @Initialized(ApplicationScoped.class) Object started) {
    gauge(
        "betterbase.subscriptions",
        "Subscriptions of the connections of this node",
        all -> all.channels().stream().mapToLong(each -> each.subscriptions().size()).sum());
    gauge(
        "betterbase.subscriptions.spaces",
        "Spaces with a subscriber on this node",
        all -> all.channels().size());
    gauge(
        "betterbase.presences",
        "Connections that are present in a space, once for each space",
        all -> all.channels().stream().mapToLong(each -> each.attendance().size()).sum());
  }

  private void gauge(String name, String description, ToDoubleFunction<Subscriptions> value) {
    Gauge.builder(name, subscriptions, value)
        .description(description)
        .strongReference(true)
        .register(registry);
  }
}
