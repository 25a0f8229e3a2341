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
    chosen = open(settings.fileStorage(), files::any);
  }

  /**
   * Opens a storage, which the caller closes.
   *
   * @param hasFiles whether the database names files, so that the storage cannot be a new one
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
