package dev.betterbase.sync.portability;

import java.util.Map;

/**
 * An application server on loopback, in folders of its own below {@code target}, with free ports,
 * set up by its script in {@code server-config} and by nothing else.
 */
interface AppServer extends AutoCloseable {
  /**
   * The server by the name that {@code arquillian.xml} has for it.
   *
   * @param environment what an administrator would set in the server's environment
   */
  static AppServer start(String name, Map<String, String> environment) {
    return switch (name) {
      case "payara-server" -> PayaraServer.start(environment);
      case "wildfly" -> WildFly.start(environment);
      default -> throw new IllegalArgumentException("no such server: " + name);
    };
  }

  /** Where applications answer. */
  int httpPort();

  /** Where applications answer over TLS, with a certificate of the server's own. */
  int httpsPort();

  /** Where deployments are taken. */
  int adminPort();

  /** Stops it and waits until it is gone. */
  @Override
  void close();
}
