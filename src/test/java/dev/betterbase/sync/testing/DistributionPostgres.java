package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL on loopback whose programs are those of a distribution, such as Debian's
 * postgresql-15, because the embedded PostgreSQL has none that makes a standby or a dump. The user
 * {@code postgres} needs no password.
 */
public final class DistributionPostgres implements AutoCloseable {
  private static final Path DISTRIBUTION = Path.of("/usr/lib/postgresql");

  private final Path programs;
  private final Path folder;
  private final int port = Ports.free();

  private DistributionPostgres(Path programs) throws IOException {
    this.programs = programs;
    folder = Files.createTempDirectory("distribution-postgres");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  /** The folder with the programs, if they are installed. */
  public static Optional<Path> programs() {
    if (!Files.isDirectory(DISTRIBUTION)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(DISTRIBUTION)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("pg_basebackup")))
          .max(Comparator.naturalOrder());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts one with no database but {@code postgres}. The caller closes it. */
  public static DistributionPostgres start() {
    try {
      DistributionPostgres started = new DistributionPostgres(programs().orElseThrow());
      started.run("initdb", "-D", started.data(), "-U", "postgres", "-A", "trust");
      started.up();
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a standby of this one. The caller closes it. */
  DistributionPostgres standby() throws IOException {
    DistributionPostgres standby = new DistributionPostgres(programs);
    standby.run(
        "pg_basebackup",
        "-D",
        standby.data(),
        "-R",
        "-X",
        "stream",
        "-d",
        "host=127.0.0.1 user=postgres port=" + port);
    standby.up();
    return standby;
  }

  /** The port on loopback. */
  int port() {
    return port;
  }

  /** The DATABASE_URL of a database. */
  public String url(String database) {
    return "postgres://postgres@127.0.0.1:" + port + "/" + database;
  }

  /** Runs a statement in the database {@code postgres}. */
  public void execute(String sql) {
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres";
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Kills it (SIGKILL). */
  void kill() {
    try {
      long pid =
          Long.parseLong(Files.readAllLines(Path.of(data(), "postmaster.pid")).getFirst().strip());
      ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
      List<ProcessHandle> children = postmaster.descendants().toList();
      postmaster.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a standby a primary, which waits for no standby. */
  void promote() throws IOException {
    run("pg_ctl", "-D", data(), "-w", "promote");
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private void up() throws IOException {
    run(
        "pg_ctl",
        "-D",
        data(),
        "-w",
        "-l",
        folder.resolve("log").toString(),
        "-o",
        "-c unix_socket_directories= -c listen_addresses=127.0.0.1 -c max_connections=100 -p "
            + port,
        "start");
  }

  private void run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("setpriv", "--reuid=nobody", "--clear-groups"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(command + ": " + Files.readString(output));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    try {
      if (Files.exists(Path.of(data(), "postmaster.pid"))) {
        try {
          run("pg_ctl", "-D", data(), "-w", "-m", "immediate", "stop");
        } catch (IOException killed) {
          // It has ended, as the test wanted.
        }
      }
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
