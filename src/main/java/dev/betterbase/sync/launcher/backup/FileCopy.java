package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/** Copies the bytes of files out of a file storage, and into one. */
final class FileCopy {
  private static final String LIVE = " from files f where not f.deleted";

  /** A move may have left rows of a space in another database than its own. */
  private static final String LIVE_HERE =
      LIVE + " and exists (select from spaces s where s.id = f.space_id and s.elsewhere is null)";

  private static final int FETCHED_AT_ONCE = 1_000;

  private final Transactions databases;
  private final Storage storage;
  private long copied;
  private long missing;

  /**
   * @param databases transactions that see the rows of the files
   */
  FileCopy(Transactions databases, Storage storage) {
    this.databases = databases;
    this.storage = storage;
  }

  /** The number of files that were copied. */
  long copied() {
    return copied;
  }

  /** The number of files that have a row and no bytes. */
  long missing() {
    return missing;
  }

  /** Work on one file that has a row. */
  @FunctionalInterface
  private interface Work {
    void on(FileKey key, long size) throws IOException;
  }

  /** The number of files that have a row. */
  static long rows(Transactions databases) throws SQLException {
    long count = 0;
    for (Connection connection : databases.connections()) {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("select count(*)" + live(databases))) {
        row.next();
        count += row.getLong(1);
      }
    }
    return count;
  }

  /** Of a single database, which may have the tables of an earlier release, no space is moved. */
  private static String live(Transactions databases) {
    return databases.connections().size() == 1 ? LIVE : LIVE_HERE;
  }

  /** Copies the files that have a row into a backup. One that is deleted meanwhile is missing. */
  void write(Path backup) throws SQLException, IOException {
    forEach((key, size) -> write(key, size, backup));
  }

  private void write(FileKey key, long size, Path backup) throws IOException {
    Path file = file(key, backup);
    Files.createDirectories(file.getParent());
    try (InputStream in = storage.read(key, 0, size)) {
      Files.copy(in, file);
      copied++;
    } catch (NoSuchFileException deleted) {
      missing++;
    }
  }

  /**
   * Copies the files that have a row from a backup into the storage.
   *
   * @throws StartRefused if the storage has other files, or the bytes in the backup do not fit
   */
  void read(Path backup) throws SQLException, IOException {
    storage.visit(
        key -> {
          if (!Files.exists(file(key, backup))) {
            throw new StartRefused(
                "the file storage is not empty: restore into an empty one, or name another with"
                    + " FILE_STORAGE_PATH");
          }
        });
    forEach((key, size) -> read(key, size, backup));
  }

  private void read(FileKey key, long size, Path backup) throws IOException {
    Path file = file(key, backup);
    if (!Files.exists(file)) {
      missing++;
      return;
    }
    if (Files.size(file) != size) {
      throw new StartRefused(file + " is damaged: it should have " + size + " bytes");
    }
    try (InputStream in = Files.newInputStream(file)) {
      storage.publish(storage.receive(in, size), key);
      copied++;
    }
  }

  private void forEach(Work work) throws SQLException, IOException {
    for (Connection connection : databases.connections()) {
      forEach(connection, work);
    }
  }

  private void forEach(Connection connection, Work work) throws SQLException, IOException {
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(FETCHED_AT_ONCE);
      try (ResultSet rows =
          statement.executeQuery(
              "select f.space_id, f.id, f.size" + live(databases) + " order by f.space_id, f.id")) {
        while (rows.next()) {
          work.on(
              new FileKey(rows.getObject(1, UUID.class), rows.getObject(2, UUID.class)),
              rows.getLong(3));
        }
      }
    }
  }

  private static Path file(FileKey key, Path backup) {
    return backup.resolve("files").resolve(key.path());
  }
}
