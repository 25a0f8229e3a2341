package dev.betterbase.sync.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A real PostgreSQL on loopback for tests. {@link #shared} is one for the whole JVM, in which each
 * test uses a new database; it is never killed, so it waits for no disk. One from {@link #start}
 * can be killed and started again, and is as durable as one in production.
 */
public final class TestPostgres implements AutoCloseable {
  private final int port = Ports.free();
  private final String durable;
  private final Path folder;
  private EmbeddedPostgres postgres;

  private TestPostgres(boolean durable) throws IOException {
    this.durable = durable ? "on" : "off";
    folder = Files.createTempDirectory("betterbase-postgres");
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    up();
  }

  private static final class Shared {
    static final TestPostgres INSTANCE = start(false);
  }

  /** The PostgreSQL that all tests of this JVM share; never stop it. */
  public static TestPostgres shared() {
    return Shared.INSTANCE;
  }

  /** A new PostgreSQL, which the caller closes. */
  public static TestPostgres start() {
    return start(true);
  }

  private static TestPostgres start(boolean durable) {
    try {
      return new TestPostgres(durable);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the process, the first time or again, on the same data and port. */
  public synchronized void up() {
    try {
      postgres =
          EmbeddedPostgres.builder()
              .setPort(port)
              .setDataDirectory(folder.resolve("data"))
              .setCleanDataDirectory(false)
              .setServerConfig("fsync", durable)
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", durable)
              // A server opens up to 20 to each of its databases, and a dozen run at the same time.
              .setServerConfig("max_connections", "400")
              // It would look into one after another of hundreds of databases.
              .setServerConfig("autovacuum_naptime", "1h")
              .setPGStartupWait(Duration.ofSeconds(60))
              .setRegisterShutdownHook(false) // close() is one already
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An empty database with a new name. */
  public Database newDatabase() {
    return create("");
  }

  /** An empty database with this encoding. */
  public Database newDatabase(String encoding) {
    return create(" TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING '" + encoding + "'");
  }

  /** A new database with all that another one has, to which nobody is connected. */
  Database copyOf(Database template) {
    return create(" TEMPLATE " + template.name());
  }

  private Database create(String options) {
    // Otherwise PostgreSQL also writes all pages to its log. On disk, the checkpoints that this way
    // needs would take longer.
    String strategy = durable.equals("on") ? "" : " STRATEGY file_copy";
    String name = "test_" + UUID.randomUUID().toString().replace("-", "");
    try (Connection connection = new Database(port, "postgres").connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name + options + strategy);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return new Database(port, name);
  }

  /** A database that exists. */
  Database database(String name) {
    return new Database(port, name);
  }

  /** The port on loopback. */
  public int port() {
    return port;
  }

  /**
   * A database. User and password are both {@code postgres}.
   *
   * @param port the port of PostgreSQL on loopback
   */
  public record Database(int port, String name) {
    /** The URL in the form of DATABASE_URL. */
    public String url() {
      return "postgres://postgres:postgres@127.0.0.1:" + port + "/" + name;
    }

    /** The URL in the form of JDBC. */
    public String jdbcUrl() {
      return "jdbc:postgresql://127.0.0.1:"
          + port
          + "/"
          + name
          + "?user=postgres&password=postgres";
    }

    /** A new connection. */
    public Connection connect() throws SQLException {
      return DriverManager.getConnection(jdbcUrl());
    }
  }

  /** Kills the postmaster (SIGKILL), and returns when its child processes have ended too. */
  public synchronized void kill() {
    ProcessHandle postmaster = postmaster();
    var children = postmaster.descendants().toList();
    postmaster.destroyForcibly();
    try {
      postmaster.onExit().get(60, TimeUnit.SECONDS);
      for (ProcessHandle child : children) {
        child.onExit().get(60, TimeUnit.SECONDS);
      }
      postgres.close(); // releases the library's lock on the folder; the process has ended already
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The postmaster. */
  public ProcessHandle postmaster() {
    try {
      Path file = folder.resolve("data").resolve("postmaster.pid");
      return ProcessHandle.of(Long.parseLong(Files.readAllLines(file).get(0).strip()))
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      postgres.close();
      // A program of its own, because the files of hundreds of databases take many seconds, which
      // the end of this JVM need not wait for.
      new ProcessBuilder("rm", "-rf", folder.toString())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
