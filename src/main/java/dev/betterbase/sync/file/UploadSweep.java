package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.http.Pace;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;

/** Removes uploads that a crash left under their temporary names. */
@ApplicationScoped
public class UploadSweep implements PeriodicJob {
  private static final Logger LOG = System.getLogger(UploadSweep.class.getName());

  /** The longest upload plus an hour (http.md, Files): an older one is no longer in progress. */
  private static final Duration AGE = Pace.longest(NewFile.MAX_SIZE).plusHours(1);

  @Inject private FileStorages storages;

  @Override
  public Duration pause() {
    return Duration.ofMinutes(10);
  }

  @Override
  public void round() {
    storages.chosen().ifPresent(UploadSweep::sweep);
  }

  static void sweep(Storage storage) {
    try {
      int swept = storage.sweep(Instant.now().minus(AGE));
      if (swept > 0) {
        LOG.log(Level.INFO, "Removed {0} uploads that were never finished", swept);
      }
    } catch (IOException failure) {
      LOG.log(Level.WARNING, "Looking for unfinished uploads: {0}", failure.getMessage());
    }
  }
}
