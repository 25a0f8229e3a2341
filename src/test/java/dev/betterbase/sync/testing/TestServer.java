package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.function.UnaryOperator;

/**
 * A server process with two issuers that it trusts. {@link #shared} is one for all tests of this
 * JVM that leave it as they found it (a start costs seconds): each test takes users, and so spaces,
 * of its own.
 */
public final class TestServer implements AutoCloseable {
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
        start(builder -> builder.name("shared").heap("512m").embeddedDatabase().jvmAsShipped());
  }

  /** The one of this JVM, with the embedded PostgreSQL and a heap of 512 MiB; never stop it. */
  public static TestServer shared() {
    return Shared.INSTANCE;
  }

  /**
   * One of one's own, with a database of its own in {@link TestPostgres#shared} where the options
   * say nothing else: that spares the server unpacking and starting a PostgreSQL.
   */
  public static TestServer start(UnaryOperator<ServerProcess.Builder> options) {
    TestIssuer issuer = TestIssuer.start();
    TestIssuer other = TestIssuer.start();
    ServerProcess.Builder builder =
        ServerProcess.builder().with("TRUSTED_ISSUERS", issuer.url() + " " + other.url());
    options.apply(builder).databaseElse(() -> TestPostgres.shared().newDatabase().url());
    return new TestServer(builder.start(), issuer, other);
  }

  /** Leaves out a test of what the standard transport cannot do, where that one is tested. */
  public static void assumeUpgradeTransport() {
    assumeThat(ServerProcess.TRANSPORT).isNotEqualTo("standard");
  }

  /** The process. */
  public ServerProcess process() {
    return process;
  }

  /** The issuer it trusts. */
  public TestIssuer issuer() {
    return issuer;
  }

  /** Another issuer that it trusts. */
  public TestIssuer otherIssuer() {
    return otherIssuer;
  }

  /** Somebody nobody has seen before. */
  public TestUser newUser() {
    return TestUser.unknown(issuer);
  }

  /** A connection that has not authenticated. */
  public WireClient open() {
    return WireClient.open(process.port());
  }

  /** A connection of that user, authenticated. */
  public WireClient connect(TestUser user) {
    return connect(user.token());
  }

  /** A connection that has shown that token. The server has not said what it thinks of it. */
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
