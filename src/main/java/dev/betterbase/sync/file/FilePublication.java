package dev.betterbase.sync.file;

import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.Upload;
import dev.betterbase.sync.quota.GrantNeededException;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Publishes a file's bytes together with its row, and removes bytes that have no row. Both hold an
 * advisory lock of PostgreSQL on the file, which ends with the process that holds it. Without the
 * lock, two uploads of one id could pair the DEK of one with the bytes of the other, or a removal
 * could delete bytes that are being published. The holder of the lock also keeps the space from
 * moving to another database, where the lock would be another one.
 *
 * <p>Not an enterprise bean: copying within a bucket takes seconds, and the pool of beans is sized
 * for single statements.
 */
@ApplicationScoped
public class FilePublication {
  private static final String INTEND =
      "insert into file_removals (space_id, file_id, due_at)"
          + " values (?, ?, now() + interval '10 minutes')"
          + " on conflict (space_id, file_id) do update set due_at = excluded.due_at";
  private static final String LOCK = "select lock_file(?, ?)";
  private static final String TRY_LOCK = "select try_lock_file(?, ?)";
  private static final String ADD =
      "select code, exceeded, used, at_cursor"
          + " from add_file(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /** With several databases, in which a person's quota has parts. */
  private static final String ADD_SPREAD =
      "select code, exceeded, used, at_cursor, counts_for"
          + " from add_file(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, true)";

  private static final String DUE_NOW =
      "update file_removals set due_at = now() where space_id = ? and file_id = ?";
  private static final String IS_LIVE =
      "select exists (select from files where space_id = ? and id = ? and not deleted)";
  private static final String DONE =
      "delete from file_removals where space_id = ? and file_id = ? and due_at <= now()";
  private static final String LATER =
      "update file_removals set due_at = now() + interval '1 minute'"
          + " where space_id = ? and file_id = ? and due_at <= now()";

  private static final Entry<AddOutcome> ADMITTED = new Entry.Entered<>(new AddOutcome.Admitted());

  private static final Logger LOG = System.getLogger(FilePublication.class.getName());

  @Inject private Database database;

  /** For the container. */
  public FilePublication() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  FilePublication(Database database) {
    this.database = database;
  }

  /**
   * Makes an upload a file. If the file may not be added, the upload stays under its temporary
   * name, for {@link Storage#discard}.
   *
   * <p>Before the bytes are published, a removal is scheduled for ten minutes later; adding the row
   * cancels it. So bytes that a crash leaves behind at any point are removed. A removal checks
   * under the lock that the file has no row.
   *
   * @throws StorageException if the database fails; the file may exist if the connection broke
   *     during the commit
   * @throws UncheckedIOException if the storage fails
   * @throws GrantNeededException if the database has too little of the quota of a person, also if
   *     that was taken away while the bytes were put in their place; the upload is as before
   */
  public Entry<AddOutcome> publish(Permit permit, NewFile file, Storage storage, Upload upload) {
    return permit
        .access()
        .in(
            database,
            where ->
                where.run(
                    "add file",
                    connection -> publish(where, connection, permit, file, storage, upload)));
  }

  private Entry<AddOutcome> publish(
      Database where,
      Connection connection,
      Permit permit,
      NewFile file,
      Storage storage,
      Upload upload)
      throws SQLException {
    FileKey key = file.key();
    if (!permit.quota().equals(StorageQuota.NONE)) {
      // Not in the transaction below. The lock of the person, which this takes, would be held while
      // bytes are copied, and a push waits for it with the row of the space locked.
      Entry<AddOutcome> room =
          FileStore.admit(where, connection, permit.access(), file, permit.quota());
      if (!room.equals(ADMITTED)) {
        return room;
      }
    }
    execute(connection, INTEND, key);
    return Database.inTransaction(
        connection,
        () -> {
          ask(connection, LOCK, key);
          Entry<AddOutcome> now =
              FileStore.admit(where, connection, permit.access(), file, StorageQuota.NONE);
          if (now.equals(ADMITTED)) {
            put(storage, upload, key);
            now = addOrWithdraw(where, connection, permit, file, storage, upload);
          }
          // Harmless if the row exists: a removal checks for it first.
          execute(connection, DUE_NOW, key);
          return now;
        });
  }

  private static void put(Storage storage, Upload upload, FileKey key) {
    try {
      storage.publish(upload, key);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The lock of the file is still held, so nobody else's bytes are taken away. */
  private static Entry<AddOutcome> addOrWithdraw(
      Database where,
      Connection connection,
      Permit permit,
      NewFile file,
      Storage storage,
      Upload upload)
      throws SQLException {
    try {
      return add(where, connection, permit, file);
    } catch (GrantNeededException taken) {
      try {
        storage.withdraw(upload, file.key());
      } catch (IOException failure) {
        failure.addSuppressed(taken);
        throw new UncheckedIOException(failure);
      }
      throw taken;
    }
  }

  private static Entry<AddOutcome> add(
      Database where, Connection connection, Permit permit, NewFile file) throws SQLException {
    String sql = where.isSpread() ? ADD_SPREAD : ADD;
    try (PreparedStatement add = where.statement(connection, sql)) {
      FileStore.bind(add, permit.access(), file);
      add.setBytes(9, file.dek().bytes());
      permit.quota().bind(add, 10);
      try (ResultSet row = add.executeQuery()) {
        row.next();
        return FileStore.entry(where, row);
      }
    }
  }

  /** The outcome of a removal. */
  enum Removal {
    /** The bytes are gone. */
    REMOVED,
    /** There was nothing to remove: the file exists, or is being published. */
    LEFT,
    /** The storage failed; the removal is due again in a minute. */
    FAILED
  }

  /**
   * Removes the bytes of a file that has no row, or a tombstone.
   *
   * @param in the database that has asked for it. Of several, it need not be that of the space:
   *     what the storage has, but no database, is noted in the first
   * @throws StorageException if the database fails
   */
  Removal remove(Database in, FileKey key, Storage storage) {
    return database.in(
        key.space(),
        false,
        home -> {
          Removal outcome = remove(key, storage, home);
          if (in.number() != home.number() && outcome != Removal.FAILED) {
            in.run(
                "forget removal",
                connection -> {
                  execute(connection, DONE, key);
                  return key;
                });
          }
          return outcome;
        });
  }

  private Removal remove(FileKey key, Storage storage, Database home) {
    return home.run(
        "remove file",
        connection ->
            Database.inTransaction(
                connection,
                () -> {
                  if (!ask(connection, TRY_LOCK, key)) {
                    return Removal.LEFT;
                  }
                  boolean live = ask(connection, IS_LIVE, key);
                  if (!live && !delete(storage, key)) {
                    execute(connection, LATER, key);
                    return Removal.FAILED;
                  }
                  execute(connection, DONE, key);
                  return live ? Removal.LEFT : Removal.REMOVED;
                }));
  }

  private static boolean delete(Storage storage, FileKey key) {
    try {
      storage.delete(key);
      return true;
    } catch (IOException failure) {
      LOG.log(
          Level.WARNING,
          "Bytes of a deleted file stay for now: {0} {1}",
          failure.getMessage(),
          LogContext.ofFile(key.space(), key.file()));
      return false;
    }
  }

  private void execute(Connection connection, String sql, FileKey key) throws SQLException {
    try (PreparedStatement statement = database.statement(connection, sql)) {
      bind(statement, key);
      statement.executeUpdate();
    }
  }

  /** The first column of the only row; true if it is not a boolean. */
  private boolean ask(Connection connection, String sql, FileKey key) throws SQLException {
    try (PreparedStatement statement = database.statement(connection, sql)) {
      bind(statement, key);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return !(row.getObject(1) instanceof Boolean answer) || answer;
      }
    }
  }

  private static void bind(PreparedStatement statement, FileKey key) throws SQLException {
    statement.setObject(1, key.space().value());
    statement.setObject(2, key.file());
  }
}
