package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.postgresql.PGConnection;

/**
 * The PostgreSQL inside the uber-jar: durable, on loopback only, with its data in the data folder.
 * If an earlier run was killed, its PostgreSQL process is stopped first. If PostgreSQL crashes, it
 * is started again.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EmbeddedPostgres.class.getName());
  private static final String PASSWORD_FILE = "postgres.password";
  private static final String NAME = "betterbase_sync";
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  /** The line of {@code postmaster.pid}, from 0, that has the port. */
  private static final int PORT_LINE = 3;

  /** Connections outside the pool: migrations, an administrator, and those PostgreSQL reserves. */
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
   * Starts PostgreSQL, and creates its data first if there is none.
   *
   * @param poolSize the size of the connection pool that will use it
   * @throws StartRefused if PostgreSQL does not start or is not durable
   */
  public static EmbeddedPostgres start(DataFolder data, int poolSize) {
    try {
      refuseForeignData(data);
      Path programs = PostgresBinaries.unpack(data);
      PostgresCluster cluster = new PostgresCluster(programs, data);
      EmbeddedPostgres postgres =
          new EmbeddedPostgres(cluster, freePort(), poolSize + SPARE_CONNECTIONS);
      postgres.start(data);
      return postgres;
    } catch (IOException | SQLException e) {
      throw new StartRefused(
          "the embedded PostgreSQL does not start: " + e.getMessage() + data.shortage(), e);
    }
  }

  /**
   * The access to the PostgreSQL of a server that runs on a data folder, for a command beside it.
   *
   * @return empty if no server runs on the folder
   * @throws StartRefused if a server runs, but its PostgreSQL cannot be reached
   */
  public static Optional<PostgresAccess> ofRunningServer(Path folder) {
    if (!DataFolder.isInUse(folder)) {
      return Optional.empty();
    }
    try {
      DataFolder data = new DataFolder(folder.toRealPath());
      List<String> lines =
          Files.readAllLines(PostgresCluster.folder(data).resolve("postmaster.pid"));
      if (lines.size() <= PORT_LINE) {
        throw new NoSuchFileException("the port in postmaster.pid");
      }
      Secret password = new Secret(data.readSecret(PASSWORD_FILE).strip());
      return Optional.of(
          access(
              Integer.parseInt(lines.get(PORT_LINE).strip()),
              PostgresCluster.SUPERUSER,
              password,
              NAME,
              Map.of("options", "-c role=" + NAME),
              PostgresCluster.folder(data)));
    } catch (NoSuchFileException | NumberFormatException e) {
      throw new StartRefused(
          "the server that uses the data folder "
              + folder.toAbsolutePath().normalize()
              + " has no running PostgreSQL: wait until it has started, or stop it",
          e);
    } catch (IOException e) {
      throw new StartRefused(
          "cannot reach the PostgreSQL of the running server: "
              + e
              + ": run the command as the user of the server",
          e);
    }
  }

  /** The application's access, as a user that is not a superuser. */
  public PostgresAccess access() {
    return access(NAME, password, NAME);
  }

  private synchronized void start(DataFolder data) throws IOException, SQLException {
    Path passwordFile = data.resolve(PASSWORD_FILE);
    if (PostgresCluster.version(data).isEmpty()) {
      data.writeSecret(PASSWORD_FILE, randomPassword());
      cluster.create(passwordFile);
    } else {
      cluster.closeToOthers();
      cluster.takeOver();
    }
    if (!Files.exists(passwordFile)) {
      throw new StartRefused(
          "the file with the password of the embedded PostgreSQL is missing: "
              + passwordFile
              + ": restore it from a backup");
    }
    cluster.start(port, connections);
    try {
      prepare(new Secret(data.readSecret(PASSWORD_FILE).strip()));
      verifyDurable();
      watch();
    } catch (SQLException | StartRefused e) {
      cluster.stop();
      throw e;
    }
  }

  /** Creates the application's role and database, and sets the role's password for this run. */
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

  /**
   * Reads the settings as the application's user, because a role or a database may have settings of
   * its own.
   */
  private void verifyDurable() throws SQLException {
    try (Connection connection = access().connect(CONNECT_LIMIT);
        Statement statement = connection.createStatement()) {
      for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        try (ResultSet row = statement.executeQuery("SHOW " + setting)) {
          if (!row.next() || !row.getString(1).equals("on")) {
            throw new StartRefused(
                "the embedded PostgreSQL would lose data in a crash, because "
                    + setting
                    + " is not on: remove the setting from the role, the database or"
                    + " postgresql.auto.conf");
          }
        }
      }
    }
  }

  private void watch() throws IOException {
    ProcessHandle process =
        cluster
            .serverProcess()
            .orElseThrow(
                () ->
                    new StartRefused(
                        "the embedded PostgreSQL ended right after its start: see "
                            + cluster.log()));
    var unused =
        process
            .onExit()
            .thenRunAsync(
                this::restart, task -> Thread.ofPlatform().daemon().name("postgres").start(task));
  }

  /**
   * Starts PostgreSQL again after a crash, with a growing pause between the attempts. Until it is
   * back, the application answers as it does without a database.
   */
  private void restart() {
    Duration pause = SHORTEST_PAUSE;
    while (true) {
      try {
        synchronized (this) {
          if (closing) {
            return;
          }
          LOG.warning("The embedded PostgreSQL ended unexpectedly; starting it again");
          cluster.takeOver();
          cluster.start(port, connections);
          watch();
          LOG.info("The embedded PostgreSQL runs again");
          return;
        }
      } catch (IOException | StartRefused e) {
        LOG.log(
            Level.SEVERE,
            "The embedded PostgreSQL does not start; trying again in a moment: {0}",
            e.getMessage());
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

  /**
   * While PostgreSQL is down, another user of this machine may listen on its port. SCRAM proves to
   * each side that the other knows the password, without sending it, so the driver must accept no
   * other method. It sends nothing else before that proof.
   */
  private static PostgresAccess access(
      int port,
      String user,
      Secret userPassword,
      String database,
      Map<String, String> more,
      Path folder) {
    Map<String, String> properties = new HashMap<>(more);
    properties.put("sslmode", "disable");
    properties.put("gssEncMode", "disable");
    properties.put("requireAuth", "scram-sha-256");
    return new PostgresAccess(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database,
        1,
        Optional.of(user),
        Optional.of(userPassword),
        Map.copyOf(properties),
        false,
        "embedded PostgreSQL " + PostgresBinaries.version() + " in " + folder);
  }

  private PostgresAccess access(String user, Secret userPassword, String database) {
    return access(port, user, userPassword, database, Map.of(), cluster.folder());
  }

  /** Refuses data that this PostgreSQL cannot use, before anything is changed. */
  private static void refuseForeignData(DataFolder data) throws IOException {
    Optional<String> version = PostgresCluster.version(data);
    if (version.isEmpty()) {
      return;
    }
    Path folder = PostgresCluster.folder(data);
    if (!data.isOwnedByUser(folder)) {
      throw new StartRefused(
          folder
              + " belongs to the user "
              + Files.getOwner(folder).getName()
              + ", and PostgreSQL uses only data of its own user: start the server as that user, or"
              + " run \"chown -R\" on "
              + data.path());
    }
    String current = PostgresBinaries.majorVersion();
    if (!version.get().equals(current)) {
      throw new StartRefused(
          folder
              + " holds data of PostgreSQL "
              + version.get()
              + ", but this betterbase-sync has PostgreSQL "
              + current
              + "; nothing was changed: start the earlier betterbase-sync, or move the data with"
              + " its command backup, or with pg_dump of PostgreSQL "
              + version.get()
              + " (docs/running.md, Data of another PostgreSQL)");
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
