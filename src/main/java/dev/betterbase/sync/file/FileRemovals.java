package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.PeriodicJob;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;

/**
 * Removes the bytes of deleted files, and bytes that a crash left without a row. Pending removals
 * are rows in the database, so they survive a restart. Several nodes may do this at the same time.
 */
@ApplicationScoped
public class FileRemovals implements PeriodicJob {
  private static final int BATCH = 100;

  /** A run stops after this time, to free the scheduler's thread for other jobs. */
  private static final int BATCHES_AT_MOST = 100;

  @Inject private FileStorages storages;
  @Inject private FileStore files;
  @Inject private FilePublication publication;
  @Inject private Database database;

  private volatile long left;

  @Override
  public String name() {
    return "file_removals";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(3);
  }

  @Override
  public boolean isForOneNode() {
    return true;
  }

  /**
   * Goes through all databases, also if one of them fails.
   *
   * @throws StorageException the failure of the last one that failed
   */
  @Override
  public void round() {
    Storage storage = storages.chosen().orElse(null);
    if (storage == null) {
      return;
    }
    long all = 0;
    StorageException failure = null;
    for (Database each : database.all()) {
      try {
        all += remove(each, storage) ? 0 : files.countDue(each);
      } catch (StorageException failed) {
        failure = failed;
      }
    }
    left = all;
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * The number of removals that the last round has left, for example because the storage is away.
   */
  long left() {
    return left;
  }

  /** Returns whether none is left. */
  private boolean remove(Database in, Storage storage) {
    for (int batch = 0; batch < BATCHES_AT_MOST; batch++) {
      List<FileKey> due = files.due(in, BATCH);
      int removed = 0;
      for (FileKey key : due) {
        switch (publication.remove(in, key, storage)) {
          case REMOVED -> removed++;
          case LEFT -> {}
          case FAILED -> {
            // Most likely the whole storage is down.
            return false;
          }
        }
      }
      if (due.size() < BATCH || removed == 0) {
        return removed == due.size();
      }
    }
    return false;
  }
}
