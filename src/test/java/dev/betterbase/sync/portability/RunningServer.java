package dev.betterbase.sync.portability;

import static java.util.Map.entry;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TraceCollector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts the server that the build names (system property {@code arquillian.launch}) with a
 * database and an issuer. This extension must come before Arquillian's own, which finds the server
 * by the system property {@code server.admin.port} and undeploys before this one stops the server.
 */
final class RunningServer implements BeforeAllCallback {
  /** The system property that says whether the server sends traces to {@link #collector}. */
  static final String TRACES = "server.traces";

  /** More than the tests have at a time, but for the one that is about this bound. */
  static final int MAX_CONNECTIONS = 500;

  // Static fields and not parameters of tests, because Arquillian resolves every parameter itself.
  private static TestIssuer issuer;
  private static TestPostgres.Database database;
  private static AppServer server;
  private static TraceCollector collector;

  /** The server that runs. */
  static AppServer server() {
    return server;
  }

  /** The issuer that the server trusts. */
  static TestIssuer issuer() {
    return issuer;
  }

  /** Where the server sends its traces. */
  static TraceCollector collector() {
    return collector;
  }

  /** How many sessions the database of the server has. */
  static int databaseConnections() throws SQLException {
    // Asks from another database.
    try (Connection asking = TestPostgres.shared().newDatabase().connect();
        PreparedStatement count =
            asking.prepareStatement("select count(*) from pg_stat_activity where datname = ?")) {
      count.setString(1, database.name());
      try (ResultSet result = count.executeQuery()) {
        result.next();
        return result.getInt(1);
      }
    }
  }

  /** Whether the tests run on the server of this name. */
  static boolean is(String name) {
    return System.getProperty("arquillian.launch").equals(name);
  }

  /** Starts one server for all classes, because Arquillian reads the deployment port only once. */
  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(RunningServer.class))
        .getOrComputeIfAbsent(Running.class, type -> new Running());
  }

  private static final class Running implements AutoCloseable {
    Running() {
      start(TestIssuer.start(), TestPostgres.shared().newDatabase());
      System.setProperty("server.admin.port", Integer.toString(server.adminPort()));
    }

    @Override
    public void close() {
      if (server != null) {
        server.close();
      }
      if (collector != null) {
        collector.close();
      }
      issuer.close();
    }
  }

  private static void start(TestIssuer trusted, TestPostgres.Database empty) {
    issuer = trusted;
    database = empty;
    Map<String, String> environment =
        new HashMap<>(
            Map.ofEntries(
                // Of several issuers each owns the mailboxes that it names first.
                entry("TRUSTED_ISSUERS", trusted.url() + " https://other.example"),
                entry("IDENTITY_HASH_KEY", "5a".repeat(32)),
                entry("FEDERATION_DOMAIN", "sync.example.com"),
                entry("ADMIN_TOKEN", AdminClient.TOKEN),
                entry("MAX_CONNECTIONS", Integer.toString(MAX_CONNECTIONS)),
                entry("PGHOST", "127.0.0.1"),
                entry("PGPORT", Integer.toString(database.port())),
                entry("PGDATABASE", database.name()),
                entry("PGUSER", "postgres"),
                entry("PGPASSWORD", "postgres"),
                entry("FILE_STORAGE_BACKEND", "local"),
                entry("FILE_STORAGE_PATH", Folders.fresh("files").toString())));
    if (Boolean.getBoolean(TRACES)) {
      collector = TraceCollector.start();
      environment.putAll(collector.environment());
    }
    server = AppServer.start(System.getProperty("arquillian.launch"), environment);
  }
}
