package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;

/**
 * Frees the bytes of files that were deleted, and of those that a crash put in their place without
 * a row. What is to be done stands in the database until it is done, so it outlasts everything;
 * several nodes may be at it.
 */
@ApplicationScoped
public class FileRemovals implements PeriodicJob {
  private static final int BATCH = 100;

  /** Then others have their turn with the scheduler's threads. */
  private static final int BATCHES_AT_MOST = 100;

  @Inject private FileStorages storages;
  @Inject private FileStore files;
  @Inject private FilePublication publication;

  @Override
  public Duration pause() {
    return Duration.ofSeconds(3);
  }

  @Override
  public void round() {
    storages.chosen().ifPresent(this::remove);
  }

  private void remove(Storage storage) {
    for (int batch = 0; batch < BATCHES_AT_MOST; batch++) {
      List<FileKey> due = files.due(BATCH);
      int removed = 0;
      for (FileKey key : due) {
        switch (publication.remove(key, storage)) {
          case REMOVED -> removed++;
          case LEFT -> {}
          case FAILED -> {
            // Most likely the whole storage is out of order.
            return;
          }
        }
      }
      if (due.size() < BATCH || removed == 0) {
        return;
      }
    }
  }
}
