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
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A proxy in front of a server, with TLS on a free port of loopback and without on another. It has
 * the configuration that operators find in {@code server-config}, with other ports and another
 * certificate.
 */
public final class ReverseProxy implements AutoCloseable {
  private static final Path CONFIGURATIONS = Path.of("server-config");
  private static final List<String> FOLDERS =
      List.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/opt/homebrew/bin");

  private final int port = Ports.free();
  private final int encryptedPort = Ports.free();
  private final TestCertificate certificate;
  private final Path folder;
  private final Path log;
  private Process process;

  private ReverseProxy() throws IOException {
    folder = Files.createTempDirectory("proxy");
    // The workers of nginx run as another user, if the tests run as root.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    log = folder.resolve("log");
    certificate =
        TestCertificate.make(
            Files.createDirectory(folder.resolve("tls")), "san=dns:localhost,ip:127.0.0.1");
  }

  /** nginx as recommended: it passes files through as they come. */
  public static ReverseProxy nginx(int server) {
    return nginx(server, read("nginx.conf"));
  }

  /** nginx that keeps whole uploads and downloads on its disk, as it does by default. */
  public static ReverseProxy bufferingNginx(int server) {
    String configuration = read("nginx.conf");
    String buffering = configuration.replaceAll("(?m)^ *proxy_(request_)?buffering off;$", "");
    if (buffering.equals(configuration)) {
      throw new IllegalStateException("nginx.conf does not turn buffering off");
    }
    return nginx(server, buffering);
  }

  private static ReverseProxy nginx(int server, String configuration) {
    return start(
        (proxy, file) -> {
          String certified =
              replaced(
                  replaced(
                      configuration,
                      "/etc/ssl/sync.example.com/fullchain.pem",
                      proxy.certificate.file().toString()),
                  "/etc/ssl/sync.example.com/privkey.pem",
                  proxy.certificate.key().toString());
          Files.writeString(
              file,
              """
              daemon off;
              pid %1$s/pid;
              error_log stderr warn;
              events {}
              http {
              access_log off;
              client_body_temp_path %1$s/body;
              proxy_temp_path %1$s/proxy;
              fastcgi_temp_path %1$s/fastcgi;
              uwsgi_temp_path %1$s/uwsgi;
              scgi_temp_path %1$s/scgi;
              %2$s
              }
              """
                  .formatted(
                      proxy.folder,
                      replaced(
                          replaced(
                              certified,
                              "listen 443 ssl;",
                              "listen %s; listen %s ssl;"
                                  .formatted(proxy.address(), proxy.encryptedAddress())),
                          "127.0.0.1:5379",
                          "127.0.0.1:" + server)));
          return List.of(program("nginx"), "-c", file.toString(), "-p", proxy.folder.toString());
        });
  }

  /** HAProxy as recommended, in front of servers that take turns. */
  public static ReverseProxy haproxy(int... servers) {
    return start(
        (proxy, file) -> {
          String configuration =
              replaced(
                  read("haproxy.cfg"),
                  "bind :443 ssl crt /etc/haproxy/sync.example.com.pem",
                  "bind %s%n    bind %s ssl crt %s"
                      .formatted(
                          proxy.address(), proxy.encryptedAddress(), proxy.certificate.both()));
          String lines =
              IntStream.range(0, servers.length)
                  .mapToObj(i -> "server sync-%d 127.0.0.1:%d check".formatted(i, servers[i]))
                  .collect(Collectors.joining("\n    "));
          Files.writeString(
              file, replaced(configuration, "server sync 127.0.0.1:5379 check", lines));
          return List.of(program("haproxy"), "-db", "-f", file.toString());
        });
  }

  /** Caddy as recommended, but for the certificate that it would get by itself. */
  public static ReverseProxy caddy(int server) {
    return start(
        (proxy, file) -> {
          String configuration =
              replaced(read("Caddyfile"), "{$SERVER:127.0.0.1:5379}", "127.0.0.1:" + server);
          String site = "{$DOMAIN:sync.example.com} {";
          String block = configuration.substring(configuration.indexOf(site));
          String encrypted =
              "https://:%d {%n\ttls %s %s"
                  .formatted(
                      proxy.encryptedPort, proxy.certificate.file(), proxy.certificate.key());
          Files.writeString(
              file,
              replaced(
                      replaced(configuration, site, encrypted),
                      "\tservers {",
                      "\tadmin off\n\tauto_https disable_redirects\n\tservers {")
                  + replaced(block, site, "http://:" + proxy.port + " {"));
          return List.of(
              "env",
              "XDG_DATA_HOME=" + proxy.folder,
              "XDG_CONFIG_HOME=" + proxy.folder,
              program("caddy"),
              "run",
              "--adapter",
              "caddyfile",
              "--config",
              file.toString());
        });
  }

  /** Writes the configuration into a file and returns the command. */
  private interface Configuration {
    List<String> write(ReverseProxy proxy, Path file) throws IOException;
  }

  private static ReverseProxy start(Configuration configuration) {
    try {
      ReverseProxy proxy = new ReverseProxy();
      List<String> command =
          new ArrayList<>(configuration.write(proxy, proxy.folder.resolve("configuration")));
      proxy.process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(proxy.log.toFile())
              .start();
      await().atMost(Duration.ofMinutes(1)).until(proxy::accepts);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(String name) {
    try {
      return Files.readString(CONFIGURATIONS.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String replaced(String text, String old, String value) {
    if (!text.contains(old)) {
      throw new IllegalStateException("the configuration has no \"" + old + "\"");
    }
    return text.replace(old, value);
  }

  private static String program(String name) {
    return FOLDERS.stream()
        .map(parent -> Path.of(parent, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    name + " is not installed: install it, such as with apt-get install " + name))
        .toString();
  }

  private boolean accepts() throws IOException {
    if (!process.isAlive()) {
      throw new IllegalStateException("the proxy ended: " + Files.readString(log));
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private String address() {
    return "127.0.0.1:" + port;
  }

  private String encryptedAddress() {
    return "127.0.0.1:" + encryptedPort;
  }

  /** The port on loopback without TLS, which operators do not have. */
  public int port() {
    return port;
  }

  /** The port on loopback with TLS. */
  public int encryptedPort() {
    return encryptedPort;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
      }
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
