package dev.betterbase.sync.storage;

import java.sql.SQLException;

/**
 * The space is in another database than the one that was asked, or on its way there. Nothing was
 * done. {@link Database} looks up its place again and does the work there, so a caller sees this
 * only if the space moves again and again.
 */
public final class SpaceElsewhereException extends StorageException {
  private static final long serialVersionUID = 1L;

  /** The SQLSTATE that the function {@code is_here} raises. */
  static final String STATE = "8MOVE";

  SpaceElsewhereException(String what, SQLException cause) {
    super(what + " failed, because the space moves", cause);
  }
}
