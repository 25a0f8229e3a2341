package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The traces of requests over HTTP and on WebSockets, as a collector gets them (operating.md). */
@IntegrationTest
@NightlyTest
class TracesIT {
  @Test
  void aCollectorGetsEachRequestAndNoIdentity() throws Exception {
    List<String> spans = new CopyOnWriteArrayList<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          var body = exchange.getRequestBody();
          boolean packed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
          // Names and values are text within the protobuf.
          spans.add(
              new String((packed ? new GZIPInputStream(body) : body).readAllBytes(), ISO_8859_1));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    String url = "http://127.0.0.1:" + collector.getAddress().getPort();
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("traces")
                    .with("OTEL_SDK_DISABLED", "false")
                    .with("OTEL_SERVICE_NAME", "betterbase-sync")
                    .with("OTEL_METRICS_EXPORTER", "none")
                    .with("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                    .with("OTEL_EXPORTER_OTLP_ENDPOINT", url)
                    .with("OTEL_BSP_SCHEDULE_DELAY", "500"))) {
      TestUser user = server.newUser();
      String space = user.personalSpace();
      assertThat(server.process().get("/.well-known/jwks.json").statusCode()).isEqualTo(200);
      try (WireClient client = server.connect(user)) {
        client.request("push", push(space, put(newId(), 0, new byte[100]))).ok();
        client.request("pull", pull(space, 0)).ok();
        client.request("made up by a client", push(space)).error();
      }
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(String.join("", spans))
                      .contains("GET /.well-known/jwks.json", "betterbase-rpc-v1")
                      .contains("push", "pull", "unknown", "error.type", "method_not_found"));
      assertThat(String.join("", spans)).doesNotContain(user.subject(), "made up", "Bearer", "eyJ");
    } finally {
      collector.stop(0);
    }
  }
}
