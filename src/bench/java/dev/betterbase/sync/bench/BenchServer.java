package dev.betterbase.sync.bench;

import dev.betterbase.sync.operation.StartTimeline;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The packaged server with its embedded PostgreSQL, as it starts without any flag, and the CPU time
 * of both. With {@code -Dbench.aot=true} it has an AOT cache, made first of all; {@code
 * -Dbench.jvm} gives its JVM arguments, and {@code -Dbench.settings} its environment variables.
 */
final class BenchServer implements AutoCloseable {
  static final String DATABASE = "betterbase_sync";
  static final String SUPERUSER = "postgres";

  private static final Duration CACHE_LIMIT = Duration.ofMinutes(5);

  /** Cache folders (CACHE_DIRECTORY) without and with an AOT cache. */
  private static final Path PLAIN = Path.of("target/bench/cache").toAbsolutePath();

  private static final Path WITH_AOT = Path.of("target/bench/cache-with-aot").toAbsolutePath();

  private static boolean made;

  private final TestServer server;
  private final double firstStart;
  private int outputBeforeStart;

  /** The database; empty if it is the server's own embedded one. */
  private final Optional<TestPostgres.Database> database;

  private BenchServer(
      TestServer server, double firstStart, Optional<TestPostgres.Database> database) {
    this.server = server;
    this.firstStart = firstStart;
    this.database = database;
  }

  static BenchServer start() throws IOException {
    return Boolean.getBoolean("bench.aot") ? startWithAotCache() : start(BenchServer::options);
  }

  /**
   * @param size the size of the pool of connections to PostgreSQL
   */
  static BenchServer withPool(int size) {
    return start(builder -> options(builder).with("DATABASE_POOL_SIZE", String.valueOf(size)));
  }

  private static BenchServer start(UnaryOperator<ServerProcess.Builder> options) {
    long before = System.nanoTime();
    TestServer server = TestServer.start(builder -> options.apply(builder).embeddedDatabase());
    return new BenchServer(server, (System.nanoTime() - before) / 1e9, Optional.empty());
  }

  /** The packaged server on a new database of a PostgreSQL that all servers of the run share. */
  static BenchServer onSharedPostgres() throws IOException {
    boolean aot = Boolean.getBoolean("bench.aot");
    if (aot) {
      ensureCache();
    }
    return onSharedPostgres(
        builder -> options(builder).with("CACHE_DIRECTORY", (aot ? WITH_AOT : PLAIN).toString()));
  }

  /**
   * Another server on a new database of the same PostgreSQL. It gets the same environment variables
   * as the packaged one.
   *
   * @param command the words of its command line, separated by spaces
   */
  static BenchServer other(String command) {
    List<String> words = List.of(command.strip().split(" +"));
    return onSharedPostgres(builder -> builder.name("other").command(words));
  }

  private static BenchServer onSharedPostgres(UnaryOperator<ServerProcess.Builder> options) {
    TestPostgres.Database database = TestPostgres.shared().newDatabase();
    long before = System.nanoTime();
    TestServer server =
        TestServer.start(builder -> options.apply(builder).with("DATABASE_URL", database.url()));
    return new BenchServer(server, (System.nanoTime() - before) / 1e9, Optional.of(database));
  }

  /** A server with an AOT cache, which is made once a run. */
  static BenchServer startWithAotCache() throws IOException {
    ensureCache();
    return start(builder -> options(builder).with("CACHE_DIRECTORY", WITH_AOT.toString()));
  }

  private static void ensureCache() {
    if (!made) {
      makeCache();
      made = true;
    }
  }

  private static void makeCache() {
    try (ServerProcess process =
        options(ServerProcess.builder())
            .embeddedDatabase()
            .with("CACHE_DIRECTORY", WITH_AOT.toString())
            .arguments("aot-cache")
            .launch()) {
      if (process.awaitExit(CACHE_LIMIT) != 0) {
        throw new IllegalStateException(process.output());
      }
    }
  }

  private static ServerProcess.Builder options(ServerProcess.Builder builder) {
    builder.name("bench").defaultHeap().jvmAsShipped();
    builder.jvm("-D" + StartTimeline.class.getName() + ".level=FINE");
    builder.with("CACHE_DIRECTORY", PLAIN.toString());
    words("bench.jvm").forEach(builder::jvm);
    for (String setting : words("bench.settings")) {
      String[] parts = setting.split("=", 2);
      if (parts.length < 2) {
        throw new IllegalArgumentException("bench.settings: " + setting + " is not NAME=value");
      }
      builder.with(parts[0], parts[1]);
    }
    return builder;
  }

  /** The words of a property, which spaces separate. */
  private static List<String> words(String property) {
    return Stream.of(System.getProperty(property, "").split(" ", -1))
        .filter(word -> !word.isBlank())
        .toList();
  }

  TestServer server() {
    return server;
  }

  int port() {
    return server.process().port();
  }

  long pid() {
    return server.process().pid();
  }

  /** Seconds to the first answer, including the creation of the database. */
  double firstStart() {
    return firstStart;
  }

  /** Restarts the server; returns the seconds from the start of the jar to the first answer. */
  double restart() {
    server.process().stop();
    outputBeforeStart = server.process().output().length();
    long before = System.nanoTime();
    server.process().start();
    return (System.nanoTime() - before) / 1e9;
  }

  /** What the server has logged since it was restarted. */
  String outputOfLastStart() {
    return server.process().output().substring(outputBeforeStart);
  }

  /** The folder of PostgreSQL's data. */
  Path data() {
    return server.process().folder().resolve("data");
  }

  int databasePort() throws IOException {
    return Integer.parseInt(
        Files.readAllLines(data().resolve("postgres/postmaster.pid")).get(3).strip());
  }

  String superuserPassword() throws IOException {
    return Files.readString(data().resolve("postgres.password")).strip();
  }

  /** A connection of the superuser to the server's database. */
  Connection connect() throws IOException, SQLException {
    if (database.isPresent()) {
      return database.get().connect();
    }
    return DriverManager.getConnection(jdbcUrl());
  }

  /** The URL of the embedded database, with the name and the password of its superuser. */
  String jdbcUrl() throws IOException {
    return "jdbc:postgresql://127.0.0.1:%d/%s?user=%s&password=%s"
        .formatted(
            databasePort(),
            DATABASE,
            SUPERUSER,
            URLEncoder.encode(superuserPassword(), StandardCharsets.UTF_8));
  }

  /** Runs a statement as the superuser. */
  void execute(String sql) throws IOException, SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /**
   * Has PostgreSQL write out the changes of earlier cases, so that the next one does not pay for
   * them.
   */
  void checkpoint() throws IOException, SQLException {
    execute("CHECKPOINT");
  }

  /** The time used so far; the difference of two readings counts. */
  Usage usage() throws IOException {
    return new Usage(System.nanoTime() / 1e9, serverCpu(), postgresCpu(), clientCpu());
  }

  /** Includes the programs that it has run, such as pgbench. */
  private static double clientCpu() {
    return CpuTime.withChildren(ProcessHandle.current().pid());
  }

  private double serverCpu() {
    return Stream.concat(
            ProcessHandle.of(pid()).stream(),
            ProcessHandle.of(pid()).stream().flatMap(ProcessHandle::descendants))
        .mapToDouble(process -> CpuTime.of(process.pid()))
        .sum();
  }

  /** Includes ended processes, whose times the postmaster has. */
  private double postgresCpu() {
    Optional<ProcessHandle> postmaster =
        database.isPresent()
            ? Optional.of(TestPostgres.shared().postmaster())
            : server.process().postmaster();
    return postmaster.stream()
        .mapToDouble(
            process ->
                CpuTime.withChildren(process.pid())
                    + process.descendants().mapToDouble(each -> CpuTime.of(each.pid())).sum())
        .sum();
  }

  /** A field of /proc/pid/status in MB (10⁶ bytes). */
  double resident(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6)
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    server.close();
  }
}
