package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.GuardedPostgres;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * config.md, DATABASE_URL: how the server gets into a database that wants a password and TLS. The
 * pool of the server connects exactly as the check before its start.
 */
@IntegrationTest
class DatabaseAccessIT {
  private static final String PASSWORD = "a:b\\c${user.name}";

  private static GuardedPostgres postgres;
  private static Path home;

  @BeforeAll
  static void start(@TempDir Path folder) {
    home = folder;
    postgres = GuardedPostgres.start();
    postgres.execute("postgres", "create role owner login password '" + PASSWORD + "'");
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  private static String newDatabase() {
    String name = postgres.newDatabase().name();
    postgres.execute("postgres", "alter database " + name + " owner to owner");
    return name;
  }

  private static ServerProcess.Builder trusting(ServerProcess.Builder options) {
    postgres.trusted().forEach(options::jvm);
    return options.jvm("-Duser.home=" + home);
  }

  /** A URL that says nothing but where, with all else in the variables and files of libpq. */
  @Test
  @NightlyTest
  void passwordFileAndAuthoritiesOfJava() throws Exception {
    String database = newDatabase();
    Path passwords =
        Files.writeString(
            home.resolve("passwords"), "localhost:*:*:owner:a\\:b\\\\c${user.name}\n");
    try (TestServer server =
        TestServer.start(
            options ->
                trusting(options)
                    .name("access")
                    .with("DATABASE_URL", "postgres://localhost")
                    .with("PGPORT", Integer.toString(postgres.port()))
                    .with("PGUSER", "owner")
                    .with("PGDATABASE", database)
                    .with("PGPASSFILE", passwords.toString())
                    .with("PGSSLMODE", "verify-full")
                    .with("PGAPPNAME", "by-libpq"))) {
      TestUser user = server.newUser();
      try (WireClient client = server.connect(user)) {
        client.request("push", push(user.personalSpace(), put(newId(), 0, blob(10)))).ok();
      }
      try (Connection connection = postgres.connect(database);
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "select count(*), bool_and(ssl) from pg_stat_activity join pg_stat_ssl using"
                      + " (pid) where usename = 'owner' and application_name = 'by-libpq'")) {
        row.next();
        assertThat(row.getInt(1)).isPositive();
        assertThat(row.getBoolean(2)).isTrue();
      }
      assertThat(server.process().output()).doesNotContain("c${user.name}");
    }
  }

  @Test
  void authoritiesOfTheSystemByName() {
    String url =
        "postgres://owner:a:b%5Cc%24%7Buser.name%7D@localhost:"
            + postgres.port()
            + "/"
            + newDatabase()
            + "?sslrootcert=system";
    try (ServerProcess process =
        trusting(ServerProcess.builder())
            .name("access")
            .arguments("migrate", "--check")
            .with("DATABASE_URL", url)
            // A zone that Java knows, and PostgreSQL does not.
            .with("TZ", "IST")
            .launch()) {
      assertThat(process.awaitExit(Duration.ofMinutes(2))).as(process::output).isZero();
    }
  }
}
