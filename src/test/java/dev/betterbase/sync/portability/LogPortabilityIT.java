package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.betterbase.sync.testing.OperatingPage;
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
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The log of an application server as JSON, and its levels while it runs, with the commands of
 * operating.md (The log).
 */
@ExtrasTest
class LogPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DISPATCHER = "dev.betterbase.sync.rpc.Dispatcher";
  private static final String SECURITY = "dev.betterbase.sync.security";

  /**
   * What the servers call the same things.
   *
   * @param error the stack trace
   * @param fine the level that also tells why notifications were dropped
   * @param json in the command that has the log as JSON
   * @param text in the command that has it as text again
   * @param finer in the command that sets that level
   * @param coarser in the command that ends it
   * @param removal in a command that removes the logger again
   */
  private record Words(
      String time,
      String level,
      String logger,
      String message,
      String error,
      String fine,
      String json,
      String text,
      String finer,
      String coarser,
      String removal) {
    static Words ofServer() {
      return RunningServer.is("wildfly")
          ? new Words(
              "timestamp",
              "level",
              "loggerName",
              "message",
              "stackTrace",
              "DEBUG",
              "value=JSON",
              "value=PATTERN",
              "level=DEBUG",
              "value=INFO",
              "logger=dev.betterbase.sync:remove")
          : new Words(
              "Timestamp",
              "Level",
              "LoggerName",
              "LogMessage",
              "Throwable",
              "FINE",
              "JSONLogFormatter",
              "ODLLogFormatter",
              "=FINE",
              "sync=INFO",
              "delete-log-levels");
    }
  }

  private final AppServer server = RunningServer.server();
  private final Path log = server.log().orElseThrow();
  private final Words words = Words.ofServer();

  @Test
  void eventsAreJsonAndLevelsChangeWhileTheServerRuns() throws Exception {
    server.deploy(WAR);
    try {
      await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(() -> status() == 200);
      command(words.json());
      try {
        await().until(this::isJsonByNow);
        assertThat(dropped()).isEmpty();
        levelsChange();
      } finally {
        command(words.text());
      }
    } finally {
      server.undeploy(WAR);
    }
  }

  private void levelsChange() {
    // Payara Server looks for other levels once a second or so.
    command(words.finer());
    try {
      JsonNode event = await().until(this::dropped, Optional::isPresent).orElseThrow();
      assertThat(event.path(words.level()).asText()).isEqualTo(words.fine());
      assertThat(message(event))
          .matches(
              "a notification was dropped \\{connection=[^,}]+, method=presence.set,"
                  + " space=[-0-9a-f]{36}\\}");
      assertThat(event.path(words.error()).toString()).contains("Failure");

      command(words.coarser());
      await().until(this::dropped, Optional::isEmpty);
    } finally {
      command(words.removal());
    }
  }

  /** Payara Server begins a new file for another format, some time after the command. */
  private boolean isJsonByNow() throws IOException {
    List<String> before = Files.readAllLines(log);
    beRefused();
    await().until(() -> isShorterThan(before.size()) || !marks(before.size()).isEmpty());
    return !isShorterThan(before.size()) && marks(before.size()).getLast().startsWith("{");
  }

  private boolean isShorterThan(int lines) throws IOException {
    return Files.readAllLines(log).size() < lines;
  }

  private List<String> marks(int after) throws IOException {
    return Files.readAllLines(log).stream()
        .skip(after)
        .filter(line -> line.contains(SECURITY))
        .toList();
  }

  /**
   * Sends a notification that the server drops, and then is refused by it, which is logged at every
   * level, so that what the log lacks by then is not logged.
   *
   * @return what the log says of the notification
   */
  private Optional<JsonNode> dropped() throws IOException {
    int before = Files.readAllLines(log).size();
    TestUser user = TestUser.unknown(RunningServer.issuer());
    String space = newId();
    try (WireClient client = WireClient.open(server.httpPort()).authenticate(user.token())) {
      client.notify("presence.set", map("space", space, "data", "not bytes"));
      client.expectOpen();
    }
    beRefused();
    await().untilAsserted(() -> assertThat(events(before, SECURITY)).hasSize(1));
    return events(before, DISPATCHER).stream()
        .filter(event -> message(event).contains(space))
        .findFirst();
  }

  private void beRefused() {
    try (WireClient client = WireClient.open(server.httpPort())) {
      client.authenticate(RunningServer.issuer().token().signedByStranger().sign());
      client.expectClose(4000, "invalid auth token");
    }
  }

  /** What a logger wrote behind some lines, all of which are events in JSON. */
  private List<JsonNode> events(int after, String logger) throws IOException {
    List<JsonNode> events =
        Files.readAllLines(log).stream().skip(after).map(LogPortabilityIT::parse).toList();
    assertThat(events)
        .allSatisfy(
            event ->
                assertThat(List.of(words.time(), words.level(), words.logger()))
                    .allSatisfy(name -> assertThat(event.has(name)).isTrue()))
        .allSatisfy(
            event -> assertThat(event.has(words.message()) || event.has(words.error())).isTrue());
    return events.stream()
        .filter(event -> event.path(words.logger()).asText().equals(logger))
        .toList();
  }

  /** Payara Server has it beside the stack trace if there is one. */
  private String message(JsonNode event) {
    return event.path(words.message()).asText(event.path(words.error()).path("Exception").asText());
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError("no JSON: " + line, e);
    }
  }

  /** Runs the one command of the page that has these words. */
  private void command(String part) {
    List<String> found =
        OperatingPage.commands(RunningServer.language()).stream()
            .filter(line -> line.contains(part))
            .toList();
    assertThat(found).hasSize(1);
    server.administer(found);
  }

  private int status() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + "/health");
    return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding()).statusCode();
  }
}
