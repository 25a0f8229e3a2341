package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.fault.SqlErrors;
import dev.betterbase.sync.file.FileStorages;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.RestoredDatabase;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.ShardNumber;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.FileStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code restore}: reads a backup into an empty database (storage-care.md). */
@Command(
    name = "restore",
    description = {
      "Reads a backup into an empty database and an empty file storage, before the server starts,"
          + " and one of several databases into as many. A backup of an earlier release is brought"
          + " up to date.",
      "Gives all data new cursors, as the command restored does, so that every client pulls"
          + " everything and misses nothing."
    })
public final class RestoreCommand implements Runnable {
  private final Function<String, @Nullable String> source;
  private final Function<DatabaseSettings, PostgresAccess> connect;
  private final Function<PrintWriter, SecurityLog> log;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "<folder>", description = "The folder that backup has written.")
  private Path folder = Path.of("");

  @Option(
      names = "--complete",
      description =
          "The backup lacks nothing, because all servers were stopped before it was made and none"
              + " was started since. Keeps the cursors.")
  private boolean complete;

  @Option(
      names = "--without-lost-files",
      description =
          "Restores what there is of a backup that lacks the bytes of some files, because they"
              + " could not be read when it was made, or are damaged in it.")
  private boolean withoutLostFiles;

  @Option(names = "--without-files", description = "Leaves the bytes of files out.")
  private boolean withoutFiles;

  /**
   * @param source gives the value of a setting
   * @param connect connects to the database; refuses one on which a server of this machine runs
   * @param log opens the security log
   */
  public RestoreCommand(
      Function<String, @Nullable String> source,
      Function<DatabaseSettings, PostgresAccess> connect,
      Function<PrintWriter, SecurityLog> log) {
    this.source = source;
    this.connect = connect;
    this.log = log;
  }

  @Override
  public void run() {
    SecurityLog security = log.apply(spec.commandLine().getErr());
    DatabaseSettings settings = DatabaseSettings.read(source);
    FileStorage fileStorage = FileStorage.read(source);
    List<String> lines = new ArrayList<>();
    try {
      Manifest manifest = Manifest.read(folder);
      if (manifest.schema() > SchemaMigration.latestVersion()) {
        throw new StartRefused(
            "the backup was made by a newer release (" + manifest.release() + ") than this");
      }
      requireComplete(manifest);
      requireAsMany(manifest.databases().size(), settings.shards().others().size() + 1);
      Optional<Storage> storage = storage(manifest, fileStorage);
      List<DataSource> databases = PostgresAccess.all(settings, connect);
      for (DataSource database : databases) {
        new SchemaMigration(database).makeTables(manifest.schema());
      }
      lines.addAll(read(manifest, databases, storage));
      for (DataSource database : databases) {
        new SchemaMigration(database).migrate();
      }
      lines.add(renumber(databases));
    } catch (SQLException e) {
      throw failed(e, SqlErrors.firstLine(e));
    } catch (SchemaMigrationException e) {
      throw failed(e, String.valueOf(e.getMessage()));
    } catch (IOException | UncheckedIOException e) {
      throw failed(e, e.toString());
    }
    PrintWriter out = spec.commandLine().getOut();
    lines.forEach(out::println);
    out.flush();
    security.adminAct("restore: " + String.join(" ", lines));
  }

  private static StartRefused failed(Exception e, String reason) {
    return new StartRefused(
        "the backup was not restored (" + reason + "): try again with an empty database", e);
  }

  private void requireComplete(Manifest manifest) {
    if (manifest.lost() > 0 && !withoutLostFiles && !withoutFiles) {
      throw new StartRefused(
          "the backup is not complete: the bytes of "
              + manifest.lost()
              + " files could not be read when it was made: restore another one, or what there is"
              + " of this one with --without-lost-files");
    }
  }

  /** The directory names databases by their numbers, so none may be missing. */
  private static void requireAsMany(int inBackup, int named) {
    if (inBackup != named) {
      throw new StartRefused(
          "the backup is of "
              + inBackup
              + " databases, but DATABASE_URL and DATABASE_SHARDS name "
              + named
              + ": name as many, all of them empty");
    }
  }

  /** The storage into which the files of the backup go; empty if none do. */
  private Optional<Storage> storage(Manifest manifest, FileStorage settings) {
    if (withoutFiles || manifest.files() == 0) {
      return Optional.empty();
    }
    Optional<Storage> storage = FileStorages.open(settings, () -> false);
    if (storage.isEmpty()) {
      throw new StartRefused(
          "the backup has "
              + manifest.files()
              + " files, but FILE_STORAGE_BACKEND is none: set the FILE_ settings of the server, or"
              + " leave the files out with --without-files");
    }
    return storage;
  }

  /** Reads rows and files. The rows are committed when all files are there. */
  private List<String> read(
      Manifest manifest, List<DataSource> databases, Optional<Storage> storage)
      throws SQLException, IOException, SchemaMigrationException {
    List<String> lines = new ArrayList<>();
    try (Transactions transactions = Transactions.on(databases)) {
      readRows(manifest.databases(), transactions.connections());
      lines.add("Restored " + manifest.size() + ", as of " + manifest.createdAt() + ".");
      if (storage.isPresent()) {
        try (Storage open = storage.get()) {
          FileCopy files = new FileCopy(transactions, open);
          files.read(folder, withoutLostFiles);
          requireAll(manifest.files(), files.copied());
          long lacking = files.missing() + files.lost();
          lines.add(
              "Restored "
                  + files.copied()
                  + " files"
                  + (lacking == 0
                      ? "."
                      : "; the backup lacks " + lacking + ": admin doctor says which."));
        }
      }
      transactions.commit();
    }
    return lines;
  }

  private void requireAll(long inManifest, long copied) {
    if (copied < inManifest && !withoutLostFiles) {
      throw new StartRefused(
          folder.resolve("files")
              + " is damaged: "
              + (inManifest - copied)
              + " of its "
              + inManifest
              + " files are gone: restore another backup, or what there is of this one with"
              + " --without-lost-files");
    }
  }

  private void readRows(List<Manifest.Rows> rows, List<Connection> connections)
      throws SQLException, IOException, SchemaMigrationException {
    int total = connections.size();
    for (int number = 1; number <= total; number++) {
      Connection connection = connections.get(number - 1);
      Transactions.begin(connection);
      if (total > 1) {
        ShardNumber.assign(connection, number, total);
      }
      DatabaseCopy copy = new DatabaseCopy(connection, number == 1 && total > 1);
      if (!copy.isEmpty()) {
        throw new StartRefused(
            total == 1
                ? "the database is not empty: name an empty one with DATABASE_URL, or, with the"
                    + " embedded PostgreSQL, move the folder data away"
                : "database "
                    + number
                    + " of DATABASE_URL and DATABASE_SHARDS is not empty: name empty ones");
      }
      copy.read(rows.get(number - 1), Manifest.folder(folder, number));
    }
  }

  private String renumber(List<DataSource> databases) throws SQLException {
    long spaces = 0;
    for (DataSource database : databases) {
      RestoredDatabase restored = new RestoredDatabase(database);
      if (complete) {
        restored.confirm();
      } else {
        spaces += restored.renumber();
      }
    }
    return complete
        ? "Kept the cursors."
        : "Gave new cursors to the data of all spaces (" + spaces + ").";
  }
}
