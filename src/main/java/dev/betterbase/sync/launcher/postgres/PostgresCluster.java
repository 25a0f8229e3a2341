package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.DiskSync;
import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * The data and the server process of the embedded PostgreSQL, driven by {@code initdb} and {@code
 * pg_ctl}.
 *
 * <p>zonky's {@code EmbeddedPostgres} is not used here, only its programs: it always sets {@code
 * trust} authentication, cannot take over the server of a killed run, and stops the server at exit
 * before the application has drained.
 */
final class PostgresCluster {
  private static final Logger LOG = Logger.getLogger(PostgresCluster.class.getName());
  private static final Duration INIT_LIMIT = Duration.ofMinutes(2);

  /** Long, because recovery after a crash replays all changes since the last checkpoint. */
  private static final Duration START_LIMIT = Duration.ofMinutes(10);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private static final String NAME = "postgres";
  private static final String NEW = "postgres.new";
  private static final int START_ATTEMPTS = 20;
  private static final Pattern ERROR_LINE = Pattern.compile("(FATAL|PANIC|error): ");

  static final String SUPERUSER = "postgres";

  private final Path programs;
  private final DataFolder data;
  private final Path folder;
  private final Path output;
  private final Path log;
  private final List<String> prefix;

  /**
   * @param programs the folder that has {@code bin}
   * @param data the data folder, which has or will have the folder {@code postgres}
   */
  PostgresCluster(Path programs, DataFolder data) throws IOException {
    this.programs = programs;
    this.data = data;
    this.folder = folder(data);
    this.output = data.resolve("postgres.output");
    this.log = data.resolve("postgres.log");
    this.prefix = prefix();
  }

  /** The folder with the data. */
  Path folder() {
    return folder;
  }

  /** The log of the server process, from its last start on. */
  Path log() {
    return log;
  }

  /** The folder in a data folder that has or will have the data. */
  static Path folder(DataFolder data) {
    return data.resolve(NAME);
  }

  /** The major version of the data; empty if there is no data yet. */
  static Optional<String> version(DataFolder data) throws IOException {
    Path file = folder(data).resolve("PG_VERSION");
    return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
  }

  /**
   * Creates the data with {@code initdb}. The folder gets its name when it is complete, so an
   * interrupted start leaves none.
   */
  void create(Path passwordFile) throws IOException {
    Path temporary = data.resolve(NEW);
    ProgramRun run = initialise(programs, temporary, passwordFile);
    if (run.exitCode() != 0 && UnlistedUser.isReasonOf(run)) {
      try (UnlistedUser user = UnlistedUser.copyPrograms(programs, data)) {
        run = initialise(user.programs(), temporary, passwordFile);
      }
    }
    if (run.exitCode() != 0) {
      throw new StartRefused(
          "cannot create the embedded PostgreSQL: " + reason(run.output()) + data.shortage());
    }
    Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
    // Under its old name, the next start would delete the data.
    DiskSync.force(data.resolve(""));
  }

  private ProgramRun initialise(Path from, Path target, Path passwordFile) throws IOException {
    data.deleteFolder(NEW);
    return run(
        from,
        INIT_LIMIT,
        "initdb",
        "--pgdata=" + target,
        "--username=" + SUPERUSER,
        "--pwfile=" + passwordFile,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums");
  }

  /**
   * Takes the permissions on the data away from all but its owner, who runs this process.
   * PostgreSQL does not start if, for example, {@code chmod -R g+rwX} gave a group write
   * permission.
   */
  void closeToOthers() throws IOException {
    data.closeFolder(NAME);
  }

  /**
   * Starts the server process on loopback and waits until it accepts connections. The process is in
   * a session of its own, so Ctrl-C in a terminal does not reach it.
   *
   * @param connections the value of {@code max_connections}
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
    ProgramRun run = startOnce(options);
    // The processes of a killed server may hold its shared memory for a moment longer.
    for (int attempt = 1;
        run.exitCode() != 0
            && attempt < START_ATTEMPTS
            && lastLog().contains("shared memory block");
        attempt++) {
      pause();
      run = startOnce(options);
    }
    if (run.exitCode() != 0) {
      String logged = lastLog();
      throw new StartRefused(
          "the embedded PostgreSQL does not start (see "
              + log
              + "): "
              + reason(logged.isEmpty() ? run.output() : logged)
              + data.shortage());
    }
  }

  private ProgramRun startOnce(String options) throws IOException {
    return run(
        programs,
        START_LIMIT,
        "pg_ctl",
        "start",
        "--wait",
        "--timeout=" + START_LIMIT.toSeconds(),
        "--pgdata=" + folder,
        "--log=" + log,
        "--options=" + options);
  }

  /** Ends all connections and stops the server process, if one runs. */
  void stop() throws IOException {
    if (serverProcess().isEmpty()) {
      return;
    }
    for (String mode : List.of("fast", "immediate")) {
      ProgramRun run =
          run(
              programs,
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
    throw new StartRefused("cannot stop the embedded PostgreSQL in " + folder);
  }

  /**
   * Prepares a start after a killed run: stops the server process that is still running. If the
   * process id in {@code postmaster.pid} belongs to another program by now, deletes that file,
   * because PostgreSQL would believe that a server runs.
   */
  void takeOver() throws IOException {
    Path pidFile = folder.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return;
    }
    Optional<ProcessHandle> server = serverProcess();
    if (server.isPresent()) {
      LOG.info("Stopping the PostgreSQL of an earlier run (process " + server.get().pid() + ")");
      stop();
    } else if (processNamedByPidFile().isPresent()) {
      Files.deleteIfExists(pidFile);
    }
  }

  /** The server process that runs on this data, if there is one. */
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

  /** Whether the process runs a program that was unpacked into this data folder. */
  private boolean isOurs(ProcessHandle process) {
    Path parent = folder.getParent();
    return process
        .info()
        .command()
        .map(Path::of)
        .filter(command -> command.endsWith("bin/postgres") && command.startsWith(parent))
        .isPresent();
  }

  private ProgramRun run(Path from, Duration limit, String program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(from.resolve("bin").resolve(program).toString());
    command.addAll(List.of(arguments));
    return ProgramRun.of(command, output, limit);
  }

  /**
   * The words in front of each command. PostgreSQL refuses to run as root. Inside a new user
   * namespace without a mapping, the process runs as nobody, but its files still belong to root, so
   * no second account is needed.
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
        "PostgreSQL does not run as root, and this system does not allow user namespaces (unshare"
            + " --user): start the server as an ordinary user, or set DATABASE_URL");
  }

  private String lastLog() throws IOException {
    if (!Files.exists(log)) {
      return "";
    }
    List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
  }

  /** The line of a program's output that names the error, or else its last line. */
  private static String reason(String output) {
    List<String> lines = output.strip().lines().toList();
    return lines.reversed().stream()
        .filter(line -> ERROR_LINE.matcher(line).find())
        .findFirst()
        .orElseGet(() -> lines.isEmpty() ? "it printed no reason" : lines.getLast());
  }

  private static void pause() {
    try {
      Thread.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("the start was interrupted while PostgreSQL started", e);
    }
  }
}
