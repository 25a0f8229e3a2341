package dev.betterbase.sync.admin;

/**
 * A contradiction that a check has found.
 *
 * @param check the name of the check
 * @param subject the rows and files it is about: ids of spaces, records and files, and names of
 *     tables, but neither content nor identities
 * @param problem the fault, and the remedy unless it was repaired
 * @param repair the repair that loses nothing
 */
public record Finding(Check check, String subject, String problem, Repair repair) {
  /** The checks. */
  public enum Check {
    /** The schema is that of this release, and all rows keep its constraints. */
    SCHEMA,
    /** The database was not restored without the clients being told. */
    RESTORED,
    /** No cursor in a space is higher than that of the space. */
    CURSORS,
    /** The storage quotas count the bytes that a space has. */
    USED_BYTES,
    /** Nothing of a space is in another database than its own. */
    MOVES,
    /** The directory names the database in which a space is. */
    DIRECTORY,
    /** Each entry of a membership log follows the one before. */
    MEMBERSHIP,
    /** Every file has its bytes. */
    FILE_BYTES,
    /** All bytes in the file storage belong to a file. */
    STRAY_BYTES
  }

  /** Whether a finding can be repaired without loss. */
  public enum Repair {
    /** It cannot. */
    NONE,
    /** It can, with {@code --repair}. */
    POSSIBLE,
    /** It was. */
    DONE
  }
}
