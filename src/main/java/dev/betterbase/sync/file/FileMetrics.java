package dev.betterbase.sync.file;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.function.Supplier;

/**
 * The metrics of files: the transfers in progress, the bytes of all, and those still to be removed.
 */
@ApplicationScoped
public class FileMetrics {
  @Inject private MeterRegistry registry;
  @Inject private Uploads uploads;
  @Inject private Downloads downloads;
  @Inject private FilePassage passage;
  @Inject private FileRemovals removals;

  void register(@Observes @Initialized(ApplicationScoped.class) Object started) {
    places("upload", () -> uploads.places());
    places("download", () -> downloads.places());
    places("passage", () -> passage.places());
    Gauge.builder("betterbase.file.removals.left", () -> removals.left())
        .description("Files whose bytes the last round of removals could not remove")
        .strongReference(true)
        .register(registry);
  }

  private void places(String kind, Supplier<TransferPlaces> places) {
    Gauge.builder("betterbase.file.transfers", () -> places.get().taken())
        .description("Transfers of files in progress; a passage goes to or from another server")
        .tag("kind", kind)
        .strongReference(true)
        .register(registry);
    Gauge.builder("betterbase.file.transfers.limit", () -> places.get().all())
        .description("Transfers of files that there may be at a time")
        .tag("kind", kind)
        .strongReference(true)
        .register(registry);
    FunctionCounter.builder(
            "betterbase.file.transferred", places, transfers -> transfers.get().bytes())
        .description("Bytes of the transfers of files, also of those that were broken off")
        .baseUnit("bytes")
        .tag("kind", kind)
        .register(registry);
  }
}
