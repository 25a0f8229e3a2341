package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.fault.SqlErrors;
import dev.betterbase.sync.file.FileStorages;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.launcher.Build;
import dev.betterbase.sync.launcher.DiskSync;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.ShardNumber;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.FileStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code backup}: writes all data into a folder (storage-care.md). */
@Command(
    name = "backup",
    description =
        "Writes the rows of all databases and the files on the local disk into a folder. Servers"
            + " may run meanwhile: the backup is as of the moment at which it begins. Ends with 3"
            + " if the bytes of some files could not be read, and all else is in the backup.")
public final class BackupCommand implements Callable<Integer> {
  /** All was written but the bytes of some files. */
  private static final int INCOMPLETE = 3;

  private final Function<String, @Nullable String> source;
  private final Function<DatabaseSettings, PostgresAccess> connect;
  private final Function<PrintWriter, SecurityLog> log;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "<folder>",
      description = "A folder that is empty or does not exist yet. Only its owner may enter it.")
  private Path folder = Path.of("");

  @Option(names = "--without-files", description = "Leaves the bytes of files out.")
  private boolean withoutFiles;

  /**
   * @param source gives the value of a setting
   * @param connect connects to the database, also while a server runs on it
   * @param log opens the security log
   */
  public BackupCommand(
      Function<String, @Nullable String> source,
      Function<DatabaseSettings, PostgresAccess> connect,
      Function<PrintWriter, SecurityLog> log) {
    this.source = source;
    this.connect = connect;
    this.log = log;
  }

  @Override
  public Integer call() {
    SecurityLog security = log.apply(spec.commandLine().getErr());
    DatabaseSettings settings = DatabaseSettings.read(source);
    FileStorage fileStorage = FileStorage.read(source);
    requireEmpty(folder);
    List<DataSource> databases = PostgresAccess.all(settings, connect);
    try {
      requireExpected(databases);
      try (Transactions snapshots = Snapshots.take(databases)) {
        Written written = write(databases, snapshots, fileStorage);
        print(written.lines());
        security.adminAct("backup: " + String.join(" ", written.lines()));
        return written.lost() == 0 ? ExitCode.OK : incomplete(written.lost());
      }
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    } catch (SQLException e) {
      throw failed(e, SqlErrors.firstLine(e));
    } catch (IOException | UncheckedIOException e) {
      throw failed(e, e.toString());
    }
  }

  private int incomplete(long lost) {
    complain(
        "the backup is not complete: it has all rows, but not the bytes of "
            + lost
            + " files, which are named above: bring these back from an older backup, and make a new"
            + " one; restore takes this one only with --without-lost-files");
    return INCOMPLETE;
  }

  private void complain(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("betterbase-sync: " + line);
    err.flush();
  }

  private static void requireExpected(List<DataSource> databases)
      throws SQLException, SchemaMigrationException {
    for (DataSource database : databases) {
      if (!new SchemaMigration(database).isCurrent()) {
        throw new StartRefused(
            "the schema of the database is not that of this release: make the backup with the"
                + " release that made it, or run migrate first");
      }
    }
    ShardNumber.requireAll(databases);
  }

  private StartRefused failed(Exception e, String reason) {
    return new StartRefused(
        "the backup is not complete (" + reason + "): remove " + folder + " and try again", e);
  }

  private static void requireEmpty(Path folder) {
    try {
      if (Files.exists(folder)) {
        try (Stream<Path> content = Files.list(folder)) {
          if (content.findAny().isPresent()) {
            throw new StartRefused(folder + " is not empty: name a folder that does not exist yet");
          }
        }
      }
    } catch (IOException e) {
      throw new StartRefused("cannot use the folder " + folder + ": " + e, e);
    }
  }

  /**
   * What is in the backup.
   *
   * @param lost the number of files whose bytes should be in it, but could not be read
   */
  private record Written(List<String> lines, long lost) {}

  private Written write(List<DataSource> sources, Transactions snapshots, FileStorage fileStorage)
      throws SQLException, IOException {
    Instant begun = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    long files = FileCopy.rows(snapshots);
    Optional<Storage> storage = localStorage(fileStorage, files);
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    claim(folder);
    List<Manifest.Rows> databases = writeRows(snapshots.connections());
    long copied = 0;
    long lost = 0;
    String aboutFiles = "Left out the bytes of " + files + " files.";
    if (storage.isPresent()) {
      try (Storage open = storage.get();
          CurrentFiles current = new CurrentFiles(sources)) {
        FileCopy copy = new FileCopy(snapshots, open);
        copy.write(folder, current, this::complain);
        copied = copy.copied();
        lost = copy.lost();
        aboutFiles =
            "Wrote "
                + copied
                + " files"
                + (copy.missing() == 0 ? "." : "; " + copy.missing() + " were deleted meanwhile.")
                + (lost == 0 ? "" : " Lost the bytes of " + lost + ".");
      }
    }
    Manifest manifest =
        Manifest.of(
            Build.property("version"),
            SchemaMigration.latestVersion(),
            begun.toString(),
            databases,
            copied,
            lost);
    // A backup with a manifest is whole, also after a loss of power.
    DiskSync.forceAll(folder);
    manifest.write(folder);
    return new Written(List.of("Wrote " + manifest.size() + ".", aboutFiles), lost);
  }

  /** Of two backups that found the folder empty, one would overwrite parts of the other. */
  private static void claim(Path folder) throws IOException {
    try {
      Files.createDirectory(Manifest.folder(folder, 1));
    } catch (FileAlreadyExistsException taken) {
      throw new StartRefused(
          "another backup has begun to write into " + folder + ": name another folder", taken);
    }
  }

  private List<Manifest.Rows> writeRows(List<Connection> connections)
      throws SQLException, IOException {
    List<Manifest.Rows> databases = new ArrayList<>();
    for (Connection connection : connections) {
      boolean hasDirectory = databases.isEmpty() && connections.size() > 1;
      databases.add(
          new DatabaseCopy(connection, hasDirectory)
              .write(Manifest.folder(folder, databases.size() + 1)));
    }
    return databases;
  }

  /** The storage whose files are to be copied; empty if none are. */
  private Optional<Storage> localStorage(FileStorage fileStorage, long files) {
    if (withoutFiles) {
      return Optional.empty();
    }
    return switch (fileStorage) {
      case FileStorage.Local local -> FileStorages.open(local, () -> files > 0);
      case FileStorage.None() -> {
        if (files > 0) {
          throw new StartRefused(
              "the database names "
                  + files
                  + " files, but FILE_STORAGE_BACKEND is none: set the FILE_ settings of the"
                  + " server, or leave the files out with --without-files");
        }
        yield Optional.empty();
      }
      // A bucket has copies and versions of its own.
      case FileStorage.S3 s3 -> Optional.empty();
    };
  }

  private void print(List<String> lines) {
    PrintWriter out = spec.commandLine().getOut();
    lines.forEach(out::println);
    out.flush();
  }
}
