package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.Upload;
import dev.betterbase.sync.http.Pace;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Removes uploads that a crash left under their temporary names. Their age is counted from the
 * round that found them first, by a monotonic clock: the times of files depend on clocks that may
 * be wrong, and then an upload that is in progress would look old.
 */
@ApplicationScoped
public class UploadSweep implements PeriodicJob {
  private static final Logger LOG = System.getLogger(UploadSweep.class.getName());

  /** The longest upload plus an hour (http.md, Files): an older one is no longer in progress. */
  private static final Duration AGE = Pace.longest(NewFile.MAX_SIZE).plusHours(1);

  @Inject private FileStorages storages;

  private final Map<Upload, Long> seenAt = new HashMap<>();

  @Override
  public String name() {
    return "upload_sweep";
  }

  @Override
  public Duration pause() {
    return Duration.ofMinutes(10);
  }

  @Override
  public boolean isForOneNode() {
    return true;
  }

  @Override
  public void round() {
    storages.chosen().ifPresent(storage -> sweep(storage, System.nanoTime()));
  }

  /**
   * Discards the uploads that were seen {@link #AGE} ago or earlier.
   *
   * @param now the time of a monotonic clock, in nanoseconds
   */
  void sweep(Storage storage, long now) {
    try {
      Set<Upload> unfinished = storage.unfinished();
      seenAt.keySet().retainAll(unfinished);
      int swept = 0;
      for (Upload upload : unfinished) {
        if (now - seenAt.computeIfAbsent(upload, first -> now) > AGE.toNanos()) {
          storage.discard(upload);
          swept++;
        }
      }
      if (swept > 0) {
        LOG.log(Level.INFO, "Removed {0} uploads that were never finished", swept);
      }
    } catch (IOException failure) {
      LOG.log(Level.WARNING, "Looking for unfinished uploads: {0}", failure.getMessage());
    }
  }
}
