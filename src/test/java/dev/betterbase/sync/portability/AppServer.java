package dev.betterbase.sync.portability;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  /**
   * Deploys an application with the command that operating.md (Upgrades) shows.
   *
   * @param war named like the application
   */
  default void deploy(Path war) {
    throw new UnsupportedOperationException("has no deployments of its own");
  }

  /** Undeploys it again. */
  default void undeploy(Path war) {
    throw new UnsupportedOperationException("has no deployments of its own");
  }

  /** The process id of the server's JVM. */
  default long pid() {
    throw new UnsupportedOperationException("runs in a process of Arquillian");
  }

  /** The log that the server itself writes; empty for one that writes to its output only. */
  default Optional<Path> log() {
    return Optional.empty();
  }

  /**
   * Runs commands of an administrator by the server's own program, in one run of it.
   *
   * @param commands as a page of the documentation shows them, one a line
   */
  default void administer(List<String> commands) {
    throw new UnsupportedOperationException("has no program for administrators");
  }

  /** Starts a server that has ended, with what is deployed on it. */
  default void startAgain() {
    throw new UnsupportedOperationException("is started by Arquillian");
  }

  /** Stops the server and waits until it has ended. */
  @Override
  void close();
}
