package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.quota.GrantNeededException;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rows of files. Uploads and downloads wait for {@link #admit} and {@link #find}, each one call
 * of a database function, which also checks the access. {@link FilePublication} puts the bytes in
 * their place.
 */
@Stateless
public class FileStore {
  private static final String ADMIT =
      "select code, exceeded, used from admit_file(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /** With several databases, in which a person's quota has parts. */
  private static final String ADMIT_SPREAD =
      "select code, exceeded, used, counts_for from admit_file(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
          + " true)";

  private static final String FIND = "select code, size, wrapped_dek from find_file(?, ?, ?, ?)";
  private static final String DUE =
      "select space_id, file_id from file_removals where due_at <= now() order by due_at limit ?";

  private static final String ANY = "select exists (select from files where not deleted)";

  private static final String COUNT_DUE =
      "select count(*) from file_removals where due_at <= now()";

  @Inject private Database database;

  /** For the container. */
  public FileStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  FileStore(Database database) {
    this.database = database;
  }

  /**
   * Checks whether a file may be added: {@link AddOutcome.Admitted}, or the reason why not.
   *
   * @param quota the storage quotas that hold for the caller
   * @throws dev.betterbase.sync.storage.StorageException if the database fails
   * @throws GrantNeededException if its database has too little of the quota of a person
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Entry<AddOutcome> admit(Access access, NewFile file, StorageQuota quota) {
    return access.in(
        database,
        where ->
            where.run("admit file", connection -> admit(where, connection, access, file, quota)));
  }

  /**
   * Finds a file; empty if it does not exist or is deleted.
   *
   * @throws dev.betterbase.sync.storage.StorageException if the database fails
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Entry<Optional<StoredFile>> find(Access access, FileKey key) {
    return access.run(
        database,
        "find file",
        connection -> {
          try (PreparedStatement find = database.statement(connection, FIND)) {
            access.bind(find, 1);
            find.setObject(4, key.file());
            try (ResultSet row = find.executeQuery()) {
              row.next();
              return Entry.of(
                  row,
                  (code, found) ->
                      code.equals("found")
                          ? Optional.of(new StoredFile(key, found.getLong(2), found.getBytes(3)))
                          : Optional.empty());
            }
          }
        });
  }

  /**
   * Returns whether any database names a file.
   *
   * @throws dev.betterbase.sync.storage.StorageException if a database fails
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public boolean any() {
    return database.all().stream().anyMatch(FileStore::any);
  }

  private static boolean any(Database in) {
    return in.run(
        "look for files",
        connection -> {
          try (PreparedStatement select = in.statement(connection, ANY);
              ResultSet row = select.executeQuery()) {
            row.next();
            return row.getBoolean(1);
          }
        });
  }

  /**
   * Files whose bytes may have to be removed, those due longest first.
   *
   * @param in one of all databases
   * @param limit the most files to return
   * @throws dev.betterbase.sync.storage.StorageException if the database fails
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public List<FileKey> due(Database in, int limit) {
    return in.run(
        "find removals",
        connection -> {
          try (PreparedStatement select = database.statement(connection, DUE)) {
            select.setInt(1, limit);
            List<FileKey> due = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                due.add(new FileKey(Database.uuid(rows, 1), Database.uuid(rows, 2)));
              }
            }
            return due;
          }
        });
  }

  /**
   * The number of files whose bytes may have to be removed now.
   *
   * @param in one of all databases
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public long countDue(Database in) {
    return in.run(
        "count removals",
        connection -> {
          try (PreparedStatement select = database.statement(connection, COUNT_DUE);
              ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  static Entry<AddOutcome> admit(
      Database where, Connection connection, Access access, NewFile file, StorageQuota quota)
      throws SQLException {
    String sql = where.isSpread() ? ADMIT_SPREAD : ADMIT;
    try (PreparedStatement admit = where.statement(connection, sql)) {
      bind(admit, access, file);
      quota.bind(admit, 9);
      try (ResultSet row = admit.executeQuery()) {
        row.next();
        return entry(where, row);
      }
    }
  }

  /** Binds the parameters that admit_file and add_file share, 1 to 8. */
  static void bind(PreparedStatement statement, Access access, NewFile file) throws SQLException {
    access.bind(statement, 1);
    if (access.capability().isPresent()) {
      statement.setLong(4, access.capability().get().expiresAt().getEpochSecond());
    } else {
      statement.setNull(4, Types.BIGINT);
    }
    statement.setObject(5, file.key().file());
    statement.setObject(6, file.record().value());
    statement.setInt(7, file.dek().epoch());
    statement.setLong(8, file.size());
  }

  /** Reads what admit_file or add_file answered: code, exceeded, used and, if added, at_cursor. */
  static Entry<AddOutcome> entry(Database where, ResultSet row) throws SQLException {
    return Entry.of(row, (code, of) -> outcome(where, code, of));
  }

  private static AddOutcome outcome(Database where, String code, ResultSet row)
      throws SQLException {
    return switch (code) {
      case "" -> new AddOutcome.Admitted();
      case "added" -> new AddOutcome.Added(row.getLong(4));
      case "exists" -> new AddOutcome.Exists();
      case "unknown_record" -> new AddOutcome.UnknownRecord();
      case "quota_exceeded" ->
          new AddOutcome.OverQuota(new StorageQuota.Exceeded(row.getLong(2), row.getLong(3)));
      case "key_generation_stale" -> new AddOutcome.KeyGenerationStale();
      case GrantNeededException.CODE -> throw GrantNeededException.of(where, row);
      default -> throw new IllegalStateException("the database answered " + code);
    };
  }
}
