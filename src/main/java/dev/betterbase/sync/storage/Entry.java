package dev.betterbase.sync.storage;

import dev.betterbase.sync.protocol.Failure;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The outcome of work in a space, once the database has decided whether the caller may enter it.
 * The function {@code refusal} answers {@code not_found} or {@code forbidden} if it may not.
 *
 * @param <T> what became of the work itself
 */
public sealed interface Entry<T> {
  /** The work was done, or refused for a reason of its own. */
  record Entered<T>(T outcome) implements Entry<T> {}

  /** The space does not exist. */
  record NotFound<T>() implements Entry<T> {}

  /**
   * The chain is revoked, or the caller takes a shared space for a personal one, which has no root
   * key.
   */
  record Forbidden<T>() implements Entry<T> {}

  /** The database of the space, which is one of several, has failed. */
  record Away<T>(StorageException why) implements Entry<T> {}

  /** Makes the outcome of the work from a row. */
  @FunctionalInterface
  interface Reader<T> {
    T read(String code, ResultSet row) throws SQLException;
  }

  /**
   * Reads the answer of such a function.
   *
   * @param row stands on its row, whose first column is the code; null reads as ""
   * @param reader makes the outcome of all other codes
   */
  static <T> Entry<T> of(ResultSet row, Reader<T> reader) throws SQLException {
    String code = row.getString(1);
    return switch (code) {
      case "not_found" -> new NotFound<>();
      case "forbidden" -> new Forbidden<>();
      case null -> new Entered<>(reader.read("", row));
      default -> new Entered<>(reader.read(code, row));
    };
  }

  /**
   * The outcome of the work.
   *
   * @throws Failure.NotFound if the space does not exist (any more)
   * @throws Failure.Forbidden if the caller may not go on in it
   * @throws StorageException if the database of the space fails
   */
  default T orFail() {
    return switch (this) {
      case Entered<T>(T outcome) -> outcome;
      case NotFound<T>() -> throw new Failure.NotFound("space not found");
      case Forbidden<T>() -> throw new Failure.Forbidden();
      case Away<T>(StorageException why) -> throw why;
    };
  }
}
