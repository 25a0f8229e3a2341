package dev.betterbase.sync.portability;

import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.file.OrderlyStop;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * SIGTERM to an application server with clients (operating.md, Stopping a server). The build runs
 * this class once for each server, beside {@link TracesPortabilityIT}.
 */
@ExtrasTest
class ShutdownPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

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
    ProcessHandle process = ProcessHandle.of(server.pid()).orElseThrow();
    OrderlyStop.assertServed(new Stopped(process), RunningServer.issuer(), 300);
    process.onExit().get(120, TimeUnit.SECONDS);
  }

  private final class Stopped implements OrderlyStop.Server {
    private final ProcessHandle process;

    Stopped(ProcessHandle process) {
      this.process = process;
    }

    @Override
    public int port() {
      return server.httpPort();
    }

    @Override
    public int health() throws InterruptedException {
      return status("/health");
    }

    @Override
    public String metrics() throws IOException, InterruptedException {
      return ShutdownPortabilityIT.this.metrics();
    }

    @Override
    public void terminate() {
      process.destroy();
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
