package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.GuardedPostgres;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault that a start or a command can meet, each in a process of its own: one line that says
 * what is wrong and what to do, exit code 1, and never a stack trace.
 */
@IntegrationTest
@Order(1)
class RefusedStartIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String SECRET = "secret0123";

  private static GuardedPostgres postgres;
  private static Path home;
  private static String database;

  /**
   * A start that must be refused.
   *
   * @param name what is wrong
   * @param options the command and its environment
   * @param line parts of the one line, in this order
   */
  private record Case(String name, ServerProcess.Builder options, String... line) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void start(@TempDir Path folder) {
    home = folder;
    postgres = GuardedPostgres.start();
    database = postgres.newDatabase().name();
    postgres.execute(
        database,
        "create role guest login password '" + SECRET + "'",
        "create database strangers owner guest");
    postgres.execute("strangers", "create table records (id int)");
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  private static ServerProcess.Builder command(String url, String... command) {
    return ServerProcess.builder()
        .name("refused")
        .arguments(command)
        .jvm("-Duser.home=" + home)
        .with("TRUSTED_ISSUERS", "https://issuer.example")
        .with("DATABASE_URL", url);
  }

  private static ServerProcess.Builder check(String url) {
    return command(url, "migrate", "--check");
  }

  private static String at(String credentials, String path) {
    return "postgres://" + credentials + "@127.0.0.1:" + postgres.port() + "/" + path;
  }

  private static String guest(String path) {
    return at("guest:" + SECRET, path);
  }

  private static Case unreachable(String name, String url, String... line) {
    String[] all = new String[line.length + 1];
    all[0] = "no connection to the database ";
    System.arraycopy(line, 0, all, 1, line.length);
    return new Case(name, check(url), all);
  }

  static Stream<Case> connections() throws Exception {
    int closed = Ports.free();
    Path passwords =
        Files.writeString(home.resolve("passwords"), "*:*:other:guest:" + SECRET + "\n");
    return Stream.of(
        unreachable(
            "unknown host",
            "postgres://u:" + SECRET + "@nosuch.invalid/sync",
            "nosuch.invalid:5432/sync: unknown host nosuch.invalid: check the host"),
        unreachable(
            "closed port",
            "postgres://u:" + SECRET + "@127.0.0.1:" + closed + "/sync",
            "127.0.0.1:" + closed + "/sync: ",
            ": check that PostgreSQL runs"),
        unreachable(
            "wrong password",
            at("guest:other", database),
            "password authentication failed for user \"guest\": check the user and the password"),
        unreachable(
            "no password", at("guest", database), "set a password in DATABASE_URL, in PGPASSWORD"),
        new Case(
            "PGPASSFILE without this database",
            check(at("guest", database)).with("PGPASSFILE", passwords.toString()),
            "set a password in DATABASE_URL, in PGPASSWORD"),
        unreachable(
            "missing database",
            guest("nosuch"),
            "database \"nosuch\" does not exist: create the database"),
        unreachable(
            "a certificate of an unknown authority",
            at("guest:" + SECRET, database).replace("127.0.0.1", "localhost")
                + "?sslmode=verify-full",
            "name the certificate of the authority"),
        unreachable(
            "a certificate for another name",
            guest(database) + "?sslmode=verify-full&sslrootcert=" + postgres.authority(),
            "check sslmode, sslrootcert and the host"),
        unreachable(
            "a certificate file that does not exist",
            guest(database) + "?sslmode=verify-full&sslrootcert=/nosuch.crt",
            "/nosuch.crt",
            "check sslmode, sslrootcert"),
        new Case(
            "sslmode=verify-ca without an authority",
            check(guest(database) + "?sslmode=verify-ca"),
            "sslmode=verify-ca needs the certificate of an authority: name its file"),
        new Case(
            "a weak sslmode with sslrootcert=system",
            check(guest(database)).with("PGSSLMODE", "require").with("PGSSLROOTCERT", "system"),
            "sslmode=require verifies too little for sslrootcert=system",
            "set sslmode=verify-full"),
        new Case(
            "a bad variable of libpq",
            check(guest(database)).with("PGSSLMODE", "yes"),
            "PGSSLMODE: sslmode: expected disable, "));
  }

  static Stream<Case> schemas() {
    String noCreate =
        "the role guest may not create tables in the schema public: run GRANT CREATE ON SCHEMA"
            + " public TO guest";
    String noSchema = "no schema that the role guest may use: its search_path is nosuch: create";
    return Stream.of(
        new Case("no CREATE, migrate --check", check(guest(database)), noCreate),
        new Case("no CREATE, migrate", command(guest(database), "migrate"), noCreate),
        new Case("no CREATE, serve", command(guest(database), "serve"), noCreate),
        new Case(
            "missing schema, migrate --check",
            check(guest(database) + "?currentSchema=nosuch"),
            noSchema),
        new Case(
            "missing schema, migrate",
            command(guest(database) + "?currentSchema=nosuch", "migrate"),
            noSchema),
        new Case(
            "tables of another program",
            check(guest("strangers")),
            "a table records that this server did not make; use another one"),
        new Case(
            "a key for a database that was not migrated",
            command(guest(database), "federation-keygen", "--domain", "sync.example.com"),
            "run migrate first"));
  }

  /** One fault of each kind. */
  static Stream<Case> someFaults() throws Exception {
    return Stream.of(
            connections().filter(refused -> refused.name().equals("wrong password")),
            schemas().filter(refused -> refused.name().equals("no CREATE, serve")))
        .flatMap(faults -> faults);
  }

  @ParameterizedTest
  @MethodSource("someFaults")
  void isOneLineThatSaysWhatToDo(Case refused) {
    assertOneLineThatSaysWhatToDo(refused);
  }

  @ParameterizedTest
  @NightlyTest
  @MethodSource({"connections", "schemas"})
  void eachFaultIsOneLineThatSaysWhatToDo(Case refused) {
    assertOneLineThatSaysWhatToDo(refused);
  }

  private static void assertOneLineThatSaysWhatToDo(Case refused) {
    try (ServerProcess process = refused.options().launch()) {
      assertThat(process.awaitExit(LIMIT)).as(process::output).isEqualTo(1);
      assertThat(process.output())
          .startsWith("betterbase-sync: ")
          .containsSubsequence(refused.line())
          .doesNotContain("Exception", "\tat ", SECRET)
          .hasLineCount(1);
    }
  }
}
