package dev.betterbase.sync.portability;

import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts the server that the build names (system property {@code arquillian.launch}) with a
 * database and an issuer. This extension must come before Arquillian's own, which finds the server
 * by the system property {@code server.admin.port} and undeploys before this one stops the server.
 */
final class RunningServer implements BeforeAllCallback {
  // Static fields and not parameters of tests, because Arquillian resolves every parameter itself.
  private static TestIssuer issuer;
  private static AppServer server;

  /** The server that runs. */
  static AppServer server() {
    return server;
  }

  /** The issuer that the server trusts. */
  static TestIssuer issuer() {
    return issuer;
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
