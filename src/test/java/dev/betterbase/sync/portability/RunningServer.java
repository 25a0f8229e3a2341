package dev.betterbase.sync.portability;

import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts the server that the build names (system property {@code arquillian.launch}) with a
 * database and an issuer. It stands before Arquillian's own extension, which finds the server by
 * the system property {@code server.admin.port}, and which undeploys before this one stops it.
 */
final class RunningServer implements BeforeAllCallback {
  // Not handed over as parameters: Arquillian means to fill every parameter itself.
  private static TestIssuer issuer;
  private static AppServer server;

  /** The one that runs. */
  static AppServer server() {
    return server;
  }

  /** The issuer it trusts. */
  static TestIssuer issuer() {
    return issuer;
  }

  /** One for all classes of a run: Arquillian reads the port for deployments only once. */
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
      issuer.close();
    }
  }

  private static void start(TestIssuer trusted, TestPostgres.Database database) {
    issuer = trusted;
    server =
        AppServer.start(
            System.getProperty("arquillian.launch"),
            Map.of(
                "TRUSTED_ISSUERS",
                trusted.url(),
                "PGHOST",
                "127.0.0.1",
                "PGPORT",
                Integer.toString(database.port()),
                "PGDATABASE",
                database.name(),
                "PGUSER",
                "postgres",
                "PGPASSWORD",
                "postgres",
                "FILE_STORAGE_BACKEND",
                "local",
                "FILE_STORAGE_PATH",
                Folders.fresh("files").toString()));
  }
}
