package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DevelopmentServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** config.md, Commands: {@code check}, against a development server and another one. */
@IntegrationTest
@Order(1)
class CheckCommandIT {
  private static ServerProcess server;

  @BeforeAll
  static void start() {
    server = DevelopmentServer.shared();
  }

  /** In this JVM: one test has the packaged jar do it. */
  private static Commands.Outcome check(String... arguments) {
    return Commands.run(
        Map.of(), Stream.concat(Stream.of("check"), Stream.of(arguments)).toArray(String[]::new));
  }

  private static String url(int port) {
    return "ws://localhost:" + port + "/api/v1/ws";
  }

  private static void assertFailed(Commands.Outcome ended, String reason) {
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(1);
    assertThat(ended.output())
        .contains("FAILED")
        .contains(reason)
        .doesNotContain("Exception", "\tat ");
  }

  @Test
  void checkNeedsNoTokenInDevelopmentMode() throws Exception {
    JarCommand ended = JarCommand.run(Path.of("."), "check", "--url", url(server.port()));

    assertThat(ended.code()).as(ended.output()).isZero();
    assertThat(ended.output().lines().filter(line -> line.startsWith("ok ")))
        .hasSize(10)
        .allMatch(line -> line.matches("ok +\\d+\\.\\d ms  .+"));
    // The upgrade transport found every Payara class that it needs in the server of the jar.
    assertThat(server.output()).doesNotContain("the upgrade transport knows");
  }

  @Test
  void checkTakesATokenInProduction() {
    TestServer other = TestServer.shared();

    Commands.Outcome ended =
        check("--url", url(other.process().port()), "--token", other.newUser().token());

    assertThat(ended.exitCode()).as(ended.output()).isZero();
  }

  @Test
  void checkSaysThatItNeedsAToken() {
    assertFailed(
        check("--url", url(TestServer.shared().process().port())),
        "the server has no development issuer (HTTP status 401)");
  }

  @Test
  void checkSaysWhyATokenIsRefused() {
    TestServer other = TestServer.shared();
    String foreign = other.newUser().token();

    Commands.Outcome ended = check("--url", url(server.port()), "--token", foreign);

    assertFailed(ended, "4000 untrusted auth issuer");
    assertThat(ended.output()).doesNotContain(foreign);
  }

  @Test
  void checkSaysThatNoServerListens() {
    assertFailed(check("--url", url(Ports.free())), "no server listens there");
  }

  @Test
  void checkSaysThatAPathIsNotAWebSocket() {
    assertFailed(
        check("--url", "ws://localhost:" + server.port() + "/health"),
        "the server answered with HTTP status");
  }

  @Test
  void checkTakesWebSocketUrlsOnly() {
    assertThat(check("--url", "http://localhost:1/").exitCode()).isEqualTo(2);
  }
}
