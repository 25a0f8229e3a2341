package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * The embedded PostgreSQL's data and its server process, driven with {@code initdb} and {@code
 * pg_ctl}.
 *
 * <p>zonky's {@code EmbeddedPostgres} gives the programs but not this: it fixes trust as the
 * authentication, gives no way to take over a server that a killed run left behind, and stops by
 * itself at exit, before the application has drained.
 */
final class PostgresCluster {
  private static final Logger LOG = Logger.getLogger(PostgresCluster.class.getName());
  private static final Duration INIT_LIMIT = Duration.ofMinutes(2);

  /** Recovery after a crash replays what a checkpoint's distance holds. */
  private static final Duration START_LIMIT = Duration.ofMinutes(10);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  static final String SUPERUSER = "postgres";

  private final Path programs;
  private final Path folder;
  private final Path output;
  private final Path log;
  private final List<String> prefix;

  /**
   * @param programs folder with {@code bin}
   * @param data where the folder {@code postgres} is or will be
   */
  PostgresCluster(Path programs, DataFolder data) throws IOException {
    this.programs = programs;
    this.folder = data.resolve("postgres");
    this.output = data.resolve("postgres.output");
    this.log = data.resolve("postgres.log");
    this.prefix = prefix();
  }

  /** The folder with the data. */
  Path folder() {
    return folder;
  }

  /** The major version of the data, empty where there is none yet. */
  Optional<String> dataVersion() throws IOException {
    Path file = folder.resolve("PG_VERSION");
    return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
  }

  /** Makes the data, whole or not at all: it gets its name when it is finished. */
  void create(Path passwordFile) throws IOException {
    Path temporary = folder.resolveSibling("postgres.new");
    delete(temporary);
    ProgramRun run =
        run(
            INIT_LIMIT,
            "initdb",
            "--pgdata=" + temporary,
            "--username=" + SUPERUSER,
            "--pwfile=" + passwordFile,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums");
    if (run.exitCode() != 0) {
      throw new StartRefused("the embedded PostgreSQL cannot be made: " + run.output().strip());
    }
    Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Starts the server process on loopback and waits until it takes connections. It is in a session
   * of its own: Ctrl-C in a terminal does not reach it.
   */
  void start(int port, int connections) throws IOException {
    Files.deleteIfExists(log);
    String options =
        String.join(
            " ",
            "-c listen_addresses=127.0.0.1",
            "-c port=" + port,
            "-c unix_socket_directories=''",
            "-c max_connections=" + connections,
            "-c fsync=on",
            "-c synchronous_commit=on",
            "-c full_page_writes=on",
            "-c password_encryption=scram-sha-256");
    ProgramRun run = null;
    // The processes of a server that was killed may hold its shared memory for a moment.
    for (int attempt = 0; attempt < 20; attempt++) {
      run =
          run(
              START_LIMIT,
              "pg_ctl",
              "start",
              "--wait",
              "--timeout=" + START_LIMIT.toSeconds(),
              "--pgdata=" + folder,
              "--log=" + log,
              "--options=" + options);
      if (run.exitCode() == 0) {
        return;
      }
      if (!lastLog().contains("shared memory block")) {
        break;
      }
      pause();
    }
    throw new StartRefused(
        "the embedded PostgreSQL does not start: "
            + (run == null ? "" : run.output().strip())
            + "\n"
            + lastLog());
  }

  /** Ends all connections and stops the server process; nothing happens where none runs. */
  void stop() throws IOException {
    if (serverProcess().isEmpty()) {
      return;
    }
    for (String mode : List.of("fast", "immediate")) {
      ProgramRun run =
          run(
              STOP_LIMIT.plusSeconds(5),
              "pg_ctl",
              "stop",
              "--wait",
              "--timeout=" + STOP_LIMIT.toSeconds(),
              "--mode=" + mode,
              "--pgdata=" + folder);
      if (run.exitCode() == 0 || serverProcess().isEmpty()) {
        return;
      }
      LOG.warning("The embedded PostgreSQL did not stop: " + run.output().strip());
    }
    throw new StartRefused("the embedded PostgreSQL in " + folder + " cannot be stopped");
  }

  /**
   * Clears the way for a start: stops the server process that an earlier, killed run left behind,
   * and removes its file where the process id in it belongs to somebody else by now (PostgreSQL
   * takes that for a server that runs).
   */
  void takeOver() throws IOException {
    Path pidFile = folder.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return;
    }
    Optional<ProcessHandle> server = serverProcess();
    if (server.isPresent()) {
      LOG.info(
          "Stopping the PostgreSQL that an earlier run left (process " + server.get().pid() + ")");
      stop();
    } else if (processNamedByPidFile().isPresent()) {
      Files.deleteIfExists(pidFile);
    }
  }

  /** The server process on this data, where one runs. */
  Optional<ProcessHandle> serverProcess() throws IOException {
    return processNamedByPidFile().filter(this::isOurs);
  }

  private Optional<ProcessHandle> processNamedByPidFile() throws IOException {
    Path pidFile = folder.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(pidFile, StandardCharsets.UTF_8);
    if (lines.isEmpty() || !lines.getFirst().strip().matches("[0-9]{1,18}")) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()));
  }

  /** Its program is one of those that were unpacked beside this data, and so no stranger's. */
  private boolean isOurs(ProcessHandle process) {
    Path parent = folder.getParent();
    return process
        .info()
        .command()
        .map(Path::of)
        .filter(command -> command.endsWith("bin/postgres") && command.startsWith(parent))
        .isPresent();
  }

  private ProgramRun run(Duration limit, String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(programs.resolve("bin").resolve(program).toString());
    command.addAll(List.of(arguments));
    return ProgramRun.of(command, output, limit);
  }

  /**
   * PostgreSQL refuses to run as root. In a user namespace of its own without a mapping the process
   * is nobody there, while its files stay root's, so that no other account is needed.
   */
  private List<String> prefix() throws IOException {
    if (!"root".equals(System.getProperty("user.name"))) {
      return List.of();
    }
    List<String> unshare = List.of("unshare", "--user");
    List<String> probe = new ArrayList<>(unshare);
    probe.add("true");
    try {
      if (ProgramRun.of(probe, output, Duration.ofSeconds(10)).exitCode() == 0) {
        return unshare;
      }
    } catch (IOException e) {
      throw refusedAsRoot();
    }
    throw refusedAsRoot();
  }

  private static StartRefused refusedAsRoot() {
    return new StartRefused(
        "PostgreSQL does not run as root, and this system allows no user namespaces (unshare"
            + " --user): start as an ordinary user, or set DATABASE_URL");
  }

  private String lastLog() throws IOException {
    if (!Files.exists(log)) {
      return "";
    }
    List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
  }

  private static void pause() {
    try {
      Thread.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted while PostgreSQL started", e);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
