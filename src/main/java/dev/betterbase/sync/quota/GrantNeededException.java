package dev.betterbase.sync.quota;

import dev.betterbase.sync.storage.Database;
import jakarta.ejb.ApplicationException;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A database of several has refused a write, because it has too little of the quota of a person.
 * Nothing was written. {@link PersonGrants} gets more, and has the write done again.
 */
@ApplicationException
public final class GrantNeededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The code of the database function that refuses. */
  public static final String CODE = "grant_needed";

  private final transient Database where;
  private final String person;
  private final long needed;
  private final long used;

  private GrantNeededException(Database where, String person, long needed, long used) {
    super("a grant is needed");
    this.where = where;
    this.person = person;
    this.needed = needed;
    this.used = used;
  }

  /**
   * Reads the answer of the database function.
   *
   * @param where the database
   * @param row stands on its row, with the columns exceeded, used and counts_for
   */
  public static GrantNeededException of(Database where, ResultSet row) throws SQLException {
    return new GrantNeededException(
        where, row.getString("counts_for"), row.getLong("exceeded"), row.getLong("used"));
  }

  /** The database that has refused. */
  Database where() {
    return where;
  }

  /** The pseudonym of the person for whom the space counts. */
  String person() {
    return person;
  }

  /** The bytes of the quota that the database must have. */
  long needed() {
    return needed;
  }

  /** The bytes of the person's spaces in that database. */
  long used() {
    return used;
  }
}
