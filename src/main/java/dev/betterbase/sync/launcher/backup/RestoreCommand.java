package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.file.FileStorages;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.RestoredDatabase;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
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
      "Reads a backup into an empty database and an empty file storage, before the server starts. A"
          + " backup of an earlier release is brought up to date.",
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
    DatabaseCopy.requireOne(settings, "restore", "read it");
    FileStorage fileStorage = FileStorage.read(source);
    List<String> lines = new ArrayList<>();
    try {
      Manifest manifest = Manifest.read(folder);
      if (manifest.schema() > SchemaMigration.latestVersion()) {
        throw new StartRefused(
            "the backup was made by a newer release (" + manifest.release() + ") than this");
      }
      Optional<Storage> storage = storage(manifest, fileStorage);
      DataSource database = connect.apply(settings).dataSource(settings.connectTimeout());
      SchemaMigration migration = new SchemaMigration(database);
      migration.makeTables(manifest.schema());
      lines.addAll(read(manifest, database, storage));
      migration.migrate();
      lines.add(renumber(new RestoredDatabase(database)));
    } catch (SQLException e) {
      throw failed(e, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
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

  /** The storage into which the files of the backup go; empty if none do. */
  private Optional<Storage> storage(Manifest manifest, FileStorage settings) {
    if (withoutFiles || manifest.files() == 0) {
      return Optional.empty();
    }
    Optional<Storage> storage = FileStorages.open(settings);
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
  private List<String> read(Manifest manifest, DataSource database, Optional<Storage> storage)
      throws SQLException, IOException {
    List<String> lines = new ArrayList<>();
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      try {
        DatabaseCopy copy = new DatabaseCopy(connection);
        if (!copy.isEmpty()) {
          throw new StartRefused(
              "the database is not empty: name an empty one with DATABASE_URL, or, with the"
                  + " embedded PostgreSQL, move the folder data away");
        }
        copy.read(manifest, folder);
        long rows = manifest.tables().stream().mapToLong(Manifest.Table::rows).sum();
        lines.add(
            "Restored "
                + rows
                + " rows of "
                + manifest.tables().size()
                + " tables, as of "
                + manifest.createdAt()
                + ".");
        if (storage.isPresent()) {
          try (Storage open = storage.get()) {
            FileCopy files = new FileCopy(connection, open);
            files.read(folder);
            lines.add(
                "Restored "
                    + files.copied()
                    + " files"
                    + (files.missing() == 0
                        ? "."
                        : "; the backup lacks " + files.missing() + ": admin doctor says which."));
          }
        }
        connection.commit();
      } finally {
        connection.rollback();
      }
    }
    return lines;
  }

  private String renumber(RestoredDatabase restored) throws SQLException {
    if (complete) {
      restored.confirm();
      return "Kept the cursors.";
    }
    return "Gave new cursors to the data of all spaces (" + restored.renumber() + ").";
  }
}
