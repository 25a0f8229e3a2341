package dev.betterbase.sync.storage;

import jakarta.ejb.ApplicationException;

/**
 * PostgreSQL did not do what it was asked: there is no connection, a statement took too long, or it
 * failed. The caller gets {@code internal}, never {@code forbidden} (auth.md, Authorisation on a
 * space). The message names what was being done and the SQLSTATE, no value and no SQL; nothing was
 * changed, unless the connection broke while a commit was on its way.
 */
@ApplicationException(rollback = true)
public class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
