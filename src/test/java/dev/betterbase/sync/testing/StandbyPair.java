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
 * A PostgreSQL and its synchronous standby, on loopback. Its programs are those of a distribution,
 * because the embedded PostgreSQL has none that makes a standby.
 */
public final class StandbyPair implements AutoCloseable {
  private static final Path DISTRIBUTION = Path.of("/usr/lib/postgresql");
  private static final String NAME = "sync";

  private final Path programs;
  private final Path folder;
  private final int primary = Ports.free();
  private final int standby = Ports.free();

  private StandbyPair(Path programs) throws IOException {
    this.programs = programs;
    folder = Files.createTempDirectory("standby-pair");
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

  /** Starts both. A transaction that is committed is on both. */
  public static StandbyPair start() {
    try {
      StandbyPair pair = new StandbyPair(programs().orElseThrow());
      pair.run("initdb", "-D", pair.data("primary"), "-U", "postgres", "-A", "trust");
      pair.up("primary", pair.primary);
      pair.run(
          "pg_basebackup",
          "-D",
          pair.data("standby"),
          "-R",
          "-X",
          "stream",
          "-d",
          "host=127.0.0.1 user=postgres port=" + pair.primary);
      pair.up("standby", pair.standby);
      pair.execute("create database " + NAME);
      pair.execute("alter system set synchronous_standby_names = '*'");
      pair.execute("select pg_reload_conf()");
      return pair;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A DATABASE_URL that names both, and asks for the one that can be written. */
  public String url() {
    return "postgres://postgres@127.0.0.1:"
        + primary
        + ",127.0.0.1:"
        + standby
        + "/"
        + NAME
        + "?targetServerType=primary";
  }

  /** Kills the primary (SIGKILL). */
  public void killPrimary() {
    try {
      Path file = Path.of(data("primary"), "postmaster.pid");
      long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
      ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
      List<ProcessHandle> children = postmaster.descendants().toList();
      postmaster.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the standby a primary, which waits for no standby. */
  public void promoteStandby() throws IOException {
    run("pg_ctl", "-D", data("standby"), "-w", "promote");
  }

  private String data(String name) {
    return folder.resolve(name).toString();
  }

  private void up(String name, int port) throws IOException {
    run(
        "pg_ctl",
        "-D",
        data(name),
        "-w",
        "-l",
        folder.resolve(name + ".log").toString(),
        "-o",
        "-c unix_socket_directories= -c listen_addresses=127.0.0.1 -c max_connections=100 -p "
            + port,
        "start");
  }

  private void execute(String sql) {
    String url = "jdbc:postgresql://127.0.0.1:" + primary + "/postgres?user=postgres";
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
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
      for (String each : List.of("primary", "standby")) {
        if (Files.exists(Path.of(data(each), "postmaster.pid"))) {
          try {
            run("pg_ctl", "-D", data(each), "-w", "-m", "immediate", "stop");
          } catch (IOException killed) {
            // It has ended, as the test wanted.
          }
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
