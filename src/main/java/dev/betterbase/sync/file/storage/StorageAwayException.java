package dev.betterbase.sync.file.storage;

import java.nio.file.FileSystemException;

/** The storage as a whole cannot be reached, which says nothing about any of its files. */
public final class StorageAwayException extends FileSystemException {
  private static final long serialVersionUID = 1L;

  StorageAwayException(String folder, String reason) {
    super(folder, null, reason);
  }
}
