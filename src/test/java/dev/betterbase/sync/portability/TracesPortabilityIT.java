package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The traces of an application server, as a collector gets them (operating.md, Traces). The build
 * runs this class for each server when that has what is off by default.
 */
@ExtrasTest
class TracesPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final AppServer server = RunningServer.server();

  @Test
  void aCollectorGetsEachRequestAndNoIdentity() throws Exception {
    server.deploy(WAR);
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptions()
          .until(() -> status("/health") == 200);
      assertThat(status("/.well-known/jwks.json")).isEqualTo(200);
      TestUser user = TestUser.unknown(RunningServer.issuer());
      try (WireClient client = WireClient.open(server.httpPort()).authenticate(user.token())) {
        client.request("push", push(user.personalSpace(), put(newId(), 0, new byte[100]))).ok();
        client.request("made up by a client", push(user.personalSpace())).error();
      }
      RunningServer.collector().await("GET", "/.well-known/jwks.json", "betterbase-rpc-v1");
      RunningServer.collector().await("push", "unknown", "error.type", "method_not_found");
      assertThat(RunningServer.collector().all())
          .doesNotContain(user.subject(), "made up", "Bearer", "eyJ");
    } finally {
      server.undeploy(WAR);
    }
  }

  private int status(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path)).build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }
}
