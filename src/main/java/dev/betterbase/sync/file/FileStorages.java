package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.LocalStorage;
import dev.betterbase.sync.file.storage.S3Storage;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.settings.FileStorage;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The storage that the settings choose, for as long as the application is deployed. */
@ApplicationScoped
public class FileStorages {
  private static final Logger LOG = System.getLogger(FileStorages.class.getName());

  @Inject private Settings settings;
  @Inject private FileStore files;

  private Optional<Storage> chosen = Optional.empty();

  @PostConstruct
  void open() {
    warnOfUnusedFolder(settings.fileStorage());
    chosen = open(settings.fileStorage(), () -> false);
  }

  /**
   * A server goes on with an empty folder, because an operator may mean it. A command does not: a
   * backup without the files would look complete.
   */
  private void warnOfUnusedFolder(FileStorage storage) {
    if (storage instanceof FileStorage.Local(var folder)
        && LocalStorage.isUnused(folder)
        && files.any()) {
      LOG.log(
          Level.WARNING,
          "FILE_STORAGE_PATH ({0}) is empty, but the database names files: is its disk mounted?",
          folder);
    }
  }

  /**
   * Opens a storage, which the caller closes.
   *
   * @param hasFiles whether an empty folder is refused, because the database names files
   * @return empty if the settings name none
   * @throws UncheckedIOException if it can never be used
   */
  public static Optional<Storage> open(FileStorage settings, BooleanSupplier hasFiles) {
    return switch (settings) {
      case FileStorage.None() -> Optional.empty();
      case FileStorage.Local(var folder) -> {
        try {
          yield Optional.of(new LocalStorage(folder, hasFiles.getAsBoolean()));
        } catch (IOException failure) {
          throw new UncheckedIOException("FILE_STORAGE_PATH cannot be used", failure);
        }
      }
      case FileStorage.S3 s3 -> Optional.of(new S3Storage(s3));
    };
  }

  /**
   * Opens the storage at deployment and logs a warning if it does not answer: a bucket may become
   * available later, and everything except files works without it.
   *
   * @throws UncheckedIOException if it can never be used; this stops the deployment
   */
  public void start() {
    try {
      if (chosen.isPresent()) {
        chosen.get().check();
      }
    } catch (IOException failure) {
      LOG.log(Level.WARNING, "The file storage cannot be used: {0}", failure.getMessage());
    }
  }

  /** The storage; empty if file storage is not configured. */
  public Optional<Storage> chosen() {
    return chosen;
  }

  @PreDestroy
  void close() {
    chosen.ifPresent(Storage::close);
  }
}
