package dev.betterbase.sync.portability;

import static java.util.Map.entry;
import static java.util.stream.Collectors.joining;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.OperatingPage;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.StandbyPair;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TraceCollector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts the server that the build names (system property {@code arquillian.launch}) with a
 * database and an issuer. This extension must come before Arquillian's own, which finds the server
 * by the system property {@code server.admin.port} and undeploys before this one stops the server.
 */
final class RunningServer implements BeforeAllCallback {
  /**
   * The system property that says whether the server has what is off by default: it sends traces to
   * {@link #collector}, is a node of a cluster, and has a second database and a read replica.
   */
  static final String EXTRAS = "server.extras";

  private static final String SECOND_DATASOURCE = "jdbc/betterbase-sync-2";

  /** More than the tests have at a time, but for the one that is about this bound. */
  static final int MAX_CONNECTIONS = 500;

  // Static fields and not parameters of tests, because Arquillian resolves every parameter itself.
  private static TestIssuer issuer;
  private static TestPostgres.Database database;
  private static AppServer server;
  private static TestPostgres.Database second;
  private static Optional<StandbyPair> replicated = Optional.empty();
  private static TraceCollector collector;

  /** Where the server listens to the other nodes of its cluster, and where another node may. */
  private static final List<Integer> CLUSTER_PORTS = List.of(Ports.free(), Ports.free());

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

  /** Starts a server of this project's jar that is the other node of the server's cluster. */
  static ServerProcess startOtherNode() {
    ServerProcess.Builder builder =
        ServerProcess.builder()
            .name("beside-" + System.getProperty("arquillian.launch"))
            .with("DATABASE_URL", database.url())
            .with("DATABASE_SHARDS", second.url());
    common().forEach(builder::with);
    clustered(1).forEach(builder::with);
    return builder.start();
  }

  /** The second database, which the server knows by a datasource. */
  static TestPostgres.Database second() {
    return second;
  }

  /**
   * The database of the server with its replica, which the server knows by a datasource; empty if
   * the machine lacks the programs for it.
   */
  static Optional<StandbyPair> replicated() {
    return replicated;
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

  /** What the code blocks of the documentation with commands for the server are marked with. */
  static String language() {
    return is("wildfly") ? "wildfly" : "payara";
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

  private static void startWithDatabase() {
    if (Boolean.getBoolean(EXTRAS)) {
      replicated = DistributionPostgres.programs().map(programs -> StandbyPair.start());
    }
    start(
        TestIssuer.start(),
        replicated.map(StandbyPair::primary).orElseGet(TestPostgres.shared()::newDatabase));
  }

  private static final class Running implements AutoCloseable {
    Running() {
      startWithDatabase();
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
      replicated.ifPresent(StandbyPair::close);
      issuer.close();
    }
  }

  private static void start(TestIssuer trusted, TestPostgres.Database empty) {
    issuer = trusted;
    database = empty;
    Map<String, String> environment =
        new HashMap<>(
            Map.ofEntries(
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
    environment.putAll(common());
    if (Boolean.getBoolean(EXTRAS)) {
      collector = TraceCollector.start();
      environment.putAll(collector.environment());
      environment.putAll(clustered(0));
      second = TestPostgres.shared().newDatabase();
      environment.put("PGPORT_2", Integer.toString(second.port()));
      environment.put("PGDATABASE_2", second.name());
      // One of the hosts is gone.
      replicated.ifPresent(
          pair ->
              environment.put(
                  "DATABASE_REPLICAS", "127.0.0.1:" + Ports.free() + "," + pair.replica()));
      environment.put("DATABASE_SHARDS", (is("wildfly") ? "java:/" : "") + SECOND_DATASOURCE);
    }
    server = AppServer.start(System.getProperty("arquillian.launch"), environment);
    if (Boolean.getBoolean(EXTRAS)) {
      server.administer(secondDatasource());
      if (replicated.isPresent()) {
        server.administer(OperatingPage.datasourceOfReplicas(language()));
      }
    }
  }

  /** The settings that all nodes need alike. */
  private static Map<String, String> common() {
    return Map.of(
        // Of several issuers each owns the mailboxes that it names first.
        "TRUSTED_ISSUERS",
        issuer.url() + " https://other.example",
        "IDENTITY_HASH_KEY",
        "5a".repeat(32),
        "METRICS_TOKEN",
        TestServer.METRICS_TOKEN);
  }

  private static Map<String, String> clustered(int number) {
    return Map.of(
        "CLUSTER",
        "hazelcast",
        "CLUSTER_LISTEN_ADDR",
        "127.0.0.1:" + CLUSTER_PORTS.get(number),
        "CLUSTER_MEMBERS",
        CLUSTER_PORTS.stream().map(port -> "127.0.0.1:" + port).collect(joining(",")),
        "CLUSTER_SECRET",
        "what only the nodes of this test know");
  }

  /** What makes the first datasource in server-config, for the second one. */
  private static List<String> secondDatasource() {
    String script = is("wildfly") ? "wildfly.cli" : "payara-server.asadmin";
    try (Stream<String> lines = Files.lines(Path.of(Folders.script(script)))) {
      return lines
          .map(String::strip)
          .filter(line -> line.matches("(?:data-source add|create-jdbc-).*"))
          .map(line -> line.replaceAll("([=/ ])betterbase-sync(?= |$)", "$1betterbase-sync-2"))
          .map(line -> line.replaceAll("(PGPORT|PGDATABASE)\\b", "$1_2"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
