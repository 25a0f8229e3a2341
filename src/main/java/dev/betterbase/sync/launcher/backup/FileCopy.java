package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.StorageAwayException;
import dev.betterbase.sync.launcher.StartRefused;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

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
  private long lost;

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

  /** The number of files that have a row and no bytes, though nothing is wrong with that. */
  long missing() {
    return missing;
  }

  /** The number of files whose bytes should have been copied, and could not be. */
  long lost() {
    return lost;
  }

  /** Work on one file that has a row. */
  @FunctionalInterface
  private interface Work {
    void on(FileKey key, long size) throws SQLException, IOException;
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
  static String live(Transactions databases) {
    return databases.connections().size() == 1 ? LIVE : LIVE_HERE;
  }

  /**
   * Copies the files that have a row into a backup. One that is deleted meanwhile is missing. One
   * that cannot be read is lost, and holds up none of the others.
   *
   * @param current tells which files were not deleted meanwhile
   * @param losses gets one line about each file that is lost
   * @throws IOException if the backup cannot be written, or the storage as a whole is away
   */
  void write(Path backup, CurrentFiles current, Consumer<String> losses)
      throws SQLException, IOException {
    forEach(
        (key, size) -> {
          Optional<String> fault = write(key, size, backup);
          if (fault.isEmpty()) {
            copied++;
          } else if (current.include(key)) {
            lost++;
            losses.accept("the file " + key.path() + " " + fault.get());
          } else {
            missing++;
          }
        });
  }

  /** Returns what is wrong with the bytes in the storage; empty if they were copied. */
  private Optional<String> write(FileKey key, long size, Path backup) throws IOException {
    InputStream bytes;
    try {
      bytes = storage.read(key, 0, size);
    } catch (StorageAwayException away) {
      throw away;
    } catch (NoSuchFileException absent) {
      return Optional.of("has no bytes");
    } catch (EOFException cutOff) {
      return Optional.of("should have " + size + " bytes: " + cutOff.getMessage());
    } catch (IOException refused) {
      return Optional.of("cannot be opened: " + refused);
    }
    try (SourceInput in = new SourceInput(bytes)) {
      return write(in, file(key, backup));
    }
  }

  private static Optional<String> write(SourceInput in, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try {
      Files.copy(in, file);
      return Optional.empty();
    } catch (IOException failure) {
      if (!in.threw(failure)) {
        throw failure;
      }
      Files.delete(file);
      return Optional.of("cannot be read: " + failure.getMessage());
    }
  }

  /**
   * Copies the files that have a row from a backup into the storage.
   *
   * @param skipsDamaged whether a file whose bytes in the backup do not fit is lost
   * @throws StartRefused if the storage has other files, or the bytes in the backup do not fit
   */
  void read(Path backup, boolean skipsDamaged) throws SQLException, IOException {
    storage.visit(
        key -> {
          if (!Files.exists(file(key, backup))) {
            throw new StartRefused(
                "the file storage is not empty: restore into an empty one, or name another with"
                    + " FILE_STORAGE_PATH");
          }
        });
    forEach((key, size) -> read(key, size, backup, skipsDamaged));
  }

  private void read(FileKey key, long size, Path backup, boolean skipsDamaged) throws IOException {
    Path file = file(key, backup);
    if (!Files.exists(file)) {
      missing++;
    } else if (Files.size(file) == size) {
      try (InputStream in = Files.newInputStream(file)) {
        storage.publish(storage.receive(in, size), key);
        copied++;
      }
    } else if (skipsDamaged) {
      lost++;
    } else {
      throw new StartRefused(file + " is damaged: it should have " + size + " bytes");
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
