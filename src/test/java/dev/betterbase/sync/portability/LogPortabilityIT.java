package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.OperatingPage;
import dev.betterbase.sync.testing.PortabilityTest;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The log of WildFly as JSON, and its levels while it runs, with the commands of operating.md (The
 * log).
 */
@PortabilityTest
@NightlyTest
@EnabledIfSystemProperty(named = RunningServer.EXTRAS, matches = "true")
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
@ExtendWith(RunningServer.class)
@Timeout(value = 400, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LogPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DISPATCHER = "dev.betterbase.sync.rpc.Dispatcher";
  private static final String SECURITY = "dev.betterbase.sync.security";

  /** The members of every event. */
  private static final List<String> MEMBERS = List.of("level", "loggerName", "message");

  private final AppServer server = RunningServer.server();
  private final Path log = server.log().orElseThrow();

  @Test
  void eventsAreJsonAndLevelsChangeWhileTheServerRuns() throws Exception {
    server.deploy(WAR);
    try {
      await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(() -> status() == 200);
      command(line -> line.contains("JSON"));
      try {
        int begin = Files.readAllLines(log).size();
        dropANotificationAndLeaveAMark();
        assertThat(events(begin, DISPATCHER)).isEmpty();
        levelsChange();
      } finally {
        command(line -> line.contains("value=PATTERN"));
      }
    } finally {
      server.undeploy(WAR);
    }
  }

  private void levelsChange() throws IOException {
    command(line -> line.contains("level=DEBUG"));
    try {
      int fine = Files.readAllLines(log).size();
      String space = dropANotificationAndLeaveAMark();
      List<JsonNode> dropped = events(fine, DISPATCHER);
      assertThat(dropped).hasSize(1);
      assertThat(dropped.getFirst().path("level").asText()).isEqualTo("DEBUG");
      assertThat(dropped.getFirst().toString())
          .containsPattern(
              "a notification was dropped \\{connection=[^,}]+, method=presence.set, space="
                  + space
                  + "\\}")
          .contains("Failure");

      command(line -> line.contains("value=INFO"));
      int coarse = Files.readAllLines(log).size();
      dropANotificationAndLeaveAMark();
      assertThat(events(coarse, DISPATCHER)).isEmpty();
    } finally {
      command(line -> line.contains("logger=dev.betterbase.sync:remove"));
    }
  }

  /**
   * Sends a notification that the server drops, and then is refused by it, which is logged at every
   * level, so that what the log lacks by then is not logged.
   *
   * @return the space
   */
  private String dropANotificationAndLeaveAMark() throws IOException {
    int before = Files.readAllLines(log).size();
    TestUser user = TestUser.unknown(RunningServer.issuer());
    String space = newId();
    try (WireClient client = WireClient.open(server.httpPort()).authenticate(user.token())) {
      client.notify("presence.set", map("space", space, "data", "not bytes"));
      client.expectOpen();
    }
    try (WireClient client = WireClient.open(server.httpPort())) {
      client.authenticate(RunningServer.issuer().token().signedByStranger().sign());
      client.expectClose(4000, "invalid auth token");
    }
    await().untilAsserted(() -> assertThat(events(before, SECURITY)).hasSize(1));
    return space;
  }

  /** What a logger wrote behind some lines, all of which are events in JSON. */
  private List<JsonNode> events(int after, String logger) throws IOException {
    List<JsonNode> events =
        Files.readAllLines(log).stream().skip(after).map(LogPortabilityIT::parse).toList();
    assertThat(events)
        .allSatisfy(
            event -> assertThat(MEMBERS).allSatisfy(name -> assertThat(event.has(name)).isTrue()));
    return events.stream()
        .filter(event -> event.path("loggerName").asText().equals(logger))
        .toList();
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError("no JSON: " + line, e);
    }
  }

  /** Runs the one command of the page that matches. */
  private void command(Predicate<String> matching) {
    List<String> found = OperatingPage.commands("wildfly").stream().filter(matching).toList();
    assertThat(found).hasSize(1);
    server.administer(found);
  }

  private int status() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + "/health");
    return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding()).statusCode();
  }
}
