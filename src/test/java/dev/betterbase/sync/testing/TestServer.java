package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/**
 * A server process with two issuers that it trusts. {@link #shared} is one for all tests of this
 * JVM that do not change it, because a start takes seconds. Each test uses its own users, and so
 * its own spaces.
 */
public final class TestServer implements AutoCloseable {
  /** The token that may read the metrics of every server. */
  public static final String METRICS_TOKEN = "may-read-the-metrics-of-all-test-servers";

  private final ServerProcess process;
  private final TestIssuer issuer;
  private final TestIssuer otherIssuer;

  private TestServer(ServerProcess process, TestIssuer issuer, TestIssuer otherIssuer) {
    this.process = process;
    this.issuer = issuer;
    this.otherIssuer = otherIssuer;
  }

  private static final class Shared {
    static final TestServer INSTANCE =
        start(builder -> builder.name("shared").heap("512m").embeddedDatabase());
  }

  /**
   * The server that all tests of this JVM share, with its embedded PostgreSQL and a heap of 512
   * MiB; never stop it.
   */
  public static TestServer shared() {
    return Shared.INSTANCE;
  }

  /**
   * A new server, which the caller closes. Unless the options name a database, it uses a new one in
   * {@link TestPostgres#shared}, which is faster than starting an embedded PostgreSQL.
   */
  public static TestServer start(UnaryOperator<ServerProcess.Builder> options) {
    TestIssuer issuer = TestIssuer.start();
    TestIssuer other = TestIssuer.start();
    ServerProcess.Builder builder =
        ServerProcess.builder()
            .with("TRUSTED_ISSUERS", issuer.url() + " " + other.url())
            .with("METRICS_TOKEN", METRICS_TOKEN);
    options.apply(builder).databaseElse(() -> TestPostgres.shared().newDatabase().url());
    return new TestServer(builder.start(), issuer, other);
  }

  /** What {@code /metrics} answers. */
  public String metrics() throws IOException {
    return metrics(process);
  }

  private static String metrics(ServerProcess node) throws IOException {
    HttpResponse<String> response =
        node.send(
            HttpRequest.newBuilder(node.uri("/metrics"))
                .header("Authorization", "Bearer " + METRICS_TOKEN));
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  /**
   * The value of a series.
   *
   * @param series the name of the metric, with all labels as the server writes them
   * @return empty if there is none yet
   */
  public static OptionalDouble metric(ServerProcess node, String series) throws IOException {
    return metrics(node)
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst();
  }

  /** Skips the test if the standard transport is under test, which lacks what the test needs. */
  public static void assumeUpgradeTransport() {
    assumeThat(ServerProcess.TRANSPORT).isNotEqualTo("standard");
  }

  /** The process of the server. */
  public ServerProcess process() {
    return process;
  }

  /** The first trusted issuer. */
  public TestIssuer issuer() {
    return issuer;
  }

  /** The second trusted issuer. */
  public TestIssuer otherIssuer() {
    return otherIssuer;
  }

  /** A new user. */
  public TestUser newUser() {
    return TestUser.unknown(issuer);
  }

  /** A new connection without authentication. */
  public WireClient open() {
    return WireClient.open(process.port());
  }

  /** A new connection that is authenticated as a user. */
  public WireClient connect(TestUser user) {
    return connect(user.token());
  }

  /** A new connection that has sent a token. The server does not reply to it unless it is bad. */
  public WireClient connect(String token) {
    return open().authenticate(token);
  }

  @Override
  public void close() {
    process.close();
    issuer.close();
    otherIssuer.close();
  }
}
