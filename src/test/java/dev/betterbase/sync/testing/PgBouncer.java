package dev.betterbase.sync.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PgBouncer in transaction mode on loopback, with the settings of managed databases: each
 * transaction may run in another session of PostgreSQL, and no start-up parameter is accepted that
 * it does not know. It must be installed; CI does that.
 */
public final class PgBouncer implements AutoCloseable {
  private static final List<String> PROGRAMS =
      List.of("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer");

  private final int port = Ports.free();
  private final Path folder;
  private final Process process;

  private PgBouncer(int postgres, int sessions, Map<String, String> users) throws IOException {
    folder = Files.createTempDirectory("pgbouncer");
    // PgBouncer does not run as root, but as a user who must be able to read its files.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> lines = new ArrayList<>();
    users.forEach((user, password) -> lines.add("\"" + user + "\" \"" + password + "\""));
    Path userlist = Files.write(folder.resolve("userlist.txt"), lines);
    boolean root = "root".equals(System.getProperty("user.name"));
    Path settings =
        Files.writeString(
            folder.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=127.0.0.1 port=%d
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = %s
            pool_mode = transaction
            default_pool_size = %d
            ignore_startup_parameters = extra_float_digits
            %s
            """
                .formatted(postgres, port, userlist, sessions, root ? "user = nobody" : ""));
    process =
        new ProcessBuilder(program(), settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
  }

  /**
   * Starts one.
   *
   * @param postgres the port of PostgreSQL on loopback
   * @param sessions the most sessions of PostgreSQL for one user and database
   * @param users the passwords of the users that may connect
   */
  public static PgBouncer start(int postgres, int sessions, Map<String, String> users) {
    try {
      PgBouncer started = new PgBouncer(postgres, sessions, users);
      await().atMost(Duration.ofMinutes(1)).until(started::accepts);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String program() {
    return PROGRAMS.stream()
        .filter(path -> Files.isExecutable(Path.of(path)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "pgbouncer is not installed: install it, such as with apt-get install"
                        + " pgbouncer"));
  }

  private boolean accepts() throws IOException {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "pgbouncer ended: " + Files.readString(folder.resolve("log")));
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** The port on loopback. */
  public int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(20, TimeUnit.SECONDS);
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
