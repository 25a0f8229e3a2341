package dev.betterbase.sync.portability;

import java.util.Map;

/**
 * An application server on free ports of loopback, with its own folders in {@code target}. Only the
 * script in {@code server-config} configures it.
 */
interface AppServer extends AutoCloseable {
  /**
   * Starts a server.
   *
   * @param name the name of the server in {@code arquillian.xml}
   * @param environment the environment variables that an administrator would set
   */
  static AppServer start(String name, Map<String, String> environment) {
    return switch (name) {
      case "payara-micro" -> PayaraMicroServer.prepare(environment);
      case "payara-server" -> PayaraServer.start(environment);
      case "wildfly" -> WildFly.start(environment);
      default -> throw new IllegalArgumentException("no such server: " + name);
    };
  }

  /** The HTTP port of applications. */
  int httpPort();

  /** The HTTPS port of applications. The certificate is the server's own. */
  int httpsPort();

  /** The port for deployments. */
  int adminPort();

  /** The address of MicroProfile Health. */
  default String health() {
    return "http://127.0.0.1:" + httpPort() + "/mp-health";
  }

  /** Stops the server and waits until it has ended. */
  @Override
  void close();
}
