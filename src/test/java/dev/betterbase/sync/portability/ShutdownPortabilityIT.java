package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.file.SlowUpload;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.PortabilityTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * SIGTERM to an application server with clients (operating.md, Stopping a server). The build runs
 * this class once for each server, beside {@link TracesPortabilityIT}.
 */
@PortabilityTest
@NightlyTest
@EnabledIfSystemProperty(named = RunningServer.EXTRAS, matches = "true")
@ExtendWith(RunningServer.class)
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShutdownPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String ONE_UPLOAD = "betterbase_file_transfers{kind=\"upload\"} 1.0";

  private final AppServer server = RunningServer.server();

  @Test
  void atSigtermTheServerIsNotReadyAndServesWhatItHas() throws Exception {
    server.deploy(WAR);
    try {
      await().atMost(Duration.ofMinutes(2)).until(() -> status("/health") == 200);
      terminateUnderLoad();
      server.startAgain();
      await().atMost(Duration.ofMinutes(2)).until(() -> status("/health") == 200);
    } finally {
      server.undeploy(WAR);
    }
  }

  private void terminateUnderLoad() throws Exception {
    List<TestUser> users =
        Stream.generate(() -> TestUser.unknown(RunningServer.issuer())).limit(300).toList();
    List<WireClient> clients = users.stream().map(this::connect).toList();
    TestUser user = TestUser.unknown(RunningServer.issuer());
    String record = newId();
    String token = RunningServer.issuer().token().of(user).claim("scope", "sync files").sign();
    var files = new FileClient(server.httpPort(), token, null, user.personalSpace());
    try (WireClient busy = connect(user)) {
      busy.request("push", push(user.personalSpace(), put(record, 0, new byte[500]))).ok();
      clients.getLast().expectOpen();
      SlowUpload inHand = SlowUpload.begin(files, newId(), record, 2_000);
      inHand.send(1_000);
      await().until(() -> metrics().contains(ONE_UPLOAD));
      ProcessHandle process = ProcessHandle.of(server.pid()).orElseThrow();
      process.destroy();
      while (status("/health") == 200) {
        Thread.sleep(1);
      }
      inHand.send(1_000);
      assertThat(inHand.status()).isEqualTo("HTTP/1.1 201 Created");
      inHand.close();
      int served = 0;
      for (int i = 0; i < clients.size(); i++) {
        served += pushes(clients.get(i), users.get(i)) ? 1 : 0;
      }
      assertThat(served)
          .as("connections that were served when the server was no longer ready")
          .isPositive();
      clients.forEach(client -> client.expectClose(1001, "server shutting down"));
      busy.expectClose(1001, "server shutting down");
      process.onExit().get(120, TimeUnit.SECONDS);
    } finally {
      clients.forEach(WireClient::close);
    }
  }

  private WireClient connect(TestUser user) {
    return WireClient.open(server.httpPort()).authenticate(user.token());
  }

  /** Whether a push is done; if not, the connection has been closed. */
  private static boolean pushes(WireClient client, TestUser user) {
    try {
      client.request("push", push(user.personalSpace(), put(newId(), 0, new byte[10]))).ok();
      return true;
    } catch (UncheckedIOException | AssertionError closed) {
      assertThat(client.isOpen()).as(closed.toString()).isFalse();
      return false;
    }
  }

  /** 0 if there is no answer. */
  private int status(String path) throws InterruptedException {
    return statusOf("http://127.0.0.1:" + server.httpPort() + path);
  }

  private static int statusOf(String uri) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(10)).build();
    try {
      return HTTP.send(request, BodyHandlers.discarding()).statusCode();
    } catch (IOException refused) {
      return 0;
    }
  }

  private String metrics() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + "/metrics"))
            .header("Authorization", "Bearer " + TestServer.METRICS_TOKEN)
            .timeout(Duration.ofSeconds(10))
            .build();
    HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
    return answer.body();
  }
}
