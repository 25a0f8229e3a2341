package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.postgresql.PGConnection;

/**
 * The PostgreSQL that the uber-jar brings: durable, on loopback, with its data in the data folder.
 * It takes a server process over that an earlier run left, and starts one that crashed anew.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EmbeddedPostgres.class.getName());
  private static final String PASSWORD_FILE = "postgres.password";
  private static final String NAME = "betterbase_sync";
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  /** Connections beside the pool's: migrations, an administrator, what PostgreSQL reserves. */
  private static final int SPARE_CONNECTIONS = 20;

  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final PostgresCluster cluster;
  private final int port;
  private final int connections;
  private final Secret password = new Secret(randomPassword());
  private boolean closing;

  private EmbeddedPostgres(PostgresCluster cluster, int port, int connections) {
    this.cluster = cluster;
    this.port = port;
    this.connections = connections;
  }

  /**
   * Starts it, on new data where there is none.
   *
   * @param poolSize connections that will be wanted at a time
   * @throws StartRefused where it cannot be started, or is not durable
   */
  public static EmbeddedPostgres start(DataFolder data, int poolSize) {
    try {
      Path programs = PostgresBinaries.unpack(data);
      PostgresCluster cluster = new PostgresCluster(programs, data);
      EmbeddedPostgres postgres =
          new EmbeddedPostgres(cluster, freePort(), poolSize + SPARE_CONNECTIONS);
      postgres.start(data);
      return postgres;
    } catch (IOException | SQLException e) {
      throw new StartRefused("the embedded PostgreSQL does not start: " + e.getMessage(), e);
    }
  }

  /** How the application reaches it: as a user that is no superuser. */
  public PostgresAccess access() {
    return access(NAME, password, NAME);
  }

  private synchronized void start(DataFolder data) throws IOException, SQLException {
    Path passwordFile = data.resolve(PASSWORD_FILE);
    Optional<String> version = cluster.dataVersion();
    if (version.isEmpty()) {
      data.writeSecret(PASSWORD_FILE, randomPassword());
      cluster.create(passwordFile);
    } else {
      refuseOtherOwner(data);
      refuseOtherVersion(version.get());
      cluster.takeOver();
    }
    if (!Files.isReadable(passwordFile)) {
      throw new StartRefused("the password of the embedded PostgreSQL is missing: " + passwordFile);
    }
    cluster.start(port, connections);
    try {
      prepare(new Secret(Files.readString(passwordFile).strip()));
      verifyDurable();
      watch();
    } catch (SQLException | StartRefused e) {
      cluster.stop();
      throw e;
    }
  }

  /** Makes the application's role and database, and gives the role its password for this run. */
  private void prepare(Secret superuserPassword) throws SQLException {
    try (Connection connection =
            access(PostgresCluster.SUPERUSER, superuserPassword, "postgres")
                .connect(CONNECT_LIMIT);
        Statement statement = connection.createStatement()) {
      if (!exists(statement, "SELECT 1 FROM pg_roles WHERE rolname = '" + NAME + "'")) {
        statement.execute("CREATE ROLE " + NAME + " LOGIN");
      }
      connection
          .unwrap(PGConnection.class)
          .alterUserPassword(NAME, password.value().toCharArray(), "scram-sha-256");
      if (!exists(statement, "SELECT 1 FROM pg_database WHERE datname = '" + NAME + "'")) {
        statement.execute("CREATE DATABASE " + NAME + " OWNER " + NAME);
      }
    }
  }

  /** Read back as the application sees it: a role or a database may have settings of its own. */
  private void verifyDurable() throws SQLException {
    try (Connection connection = access().connect(CONNECT_LIMIT);
        Statement statement = connection.createStatement()) {
      for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        try (ResultSet row = statement.executeQuery("SHOW " + setting)) {
          if (!row.next() || !row.getString(1).equals("on")) {
            throw new StartRefused(
                "the embedded PostgreSQL would lose data in a crash: " + setting + " is not on");
          }
        }
      }
    }
  }

  private void watch() throws IOException {
    ProcessHandle process =
        cluster
            .serverProcess()
            .orElseThrow(() -> new StartRefused("the embedded PostgreSQL ended at once"));
    var unused =
        process
            .onExit()
            .thenRunAsync(
                this::restart, task -> Thread.ofPlatform().daemon().name("postgres").start(task));
  }

  /** Nobody else would start it again; until it is back, the application answers as without it. */
  private void restart() {
    Duration pause = SHORTEST_PAUSE;
    while (true) {
      try {
        synchronized (this) {
          if (closing) {
            return;
          }
          LOG.warning("The embedded PostgreSQL ended by itself: starting it again");
          cluster.takeOver();
          cluster.start(port, connections);
          watch();
          LOG.info("The embedded PostgreSQL is back");
          return;
        }
      } catch (IOException | StartRefused e) {
        LOG.log(Level.SEVERE, "The embedded PostgreSQL does not start again: {0}", e.getMessage());
      }
      try {
        Thread.sleep(pause);
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closing = true;
    cluster.stop();
  }

  private PostgresAccess access(String user, Secret userPassword, String database) {
    return new PostgresAccess(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database,
        Optional.of(user),
        Optional.of(userPassword),
        Map.of("sslmode", "disable", "gssEncMode", "disable"),
        "embedded PostgreSQL " + PostgresBinaries.version() + " in " + cluster.folder());
  }

  private void refuseOtherOwner(DataFolder data) throws IOException {
    UserPrincipal owner = Files.getOwner(cluster.folder());
    UserPrincipal user = data.currentUser();
    if (!owner.equals(user)) {
      throw new StartRefused(
          cluster.folder() + " belongs to " + owner.getName() + ": start the server as that user");
    }
  }

  private void refuseOtherVersion(String version) {
    String current = PostgresBinaries.majorVersion();
    if (!version.equals(current)) {
      throw new StartRefused(PostgresUpgrade.commands(cluster.folder(), version, current));
    }
  }

  private static boolean exists(Statement statement, String query) throws SQLException {
    try (ResultSet rows = statement.executeQuery(query)) {
      return rows.next();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String randomPassword() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
