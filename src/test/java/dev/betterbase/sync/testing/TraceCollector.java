package dev.betterbase.sync.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;

/** A collector of OpenTelemetry on loopback that keeps what it gets. */
public final class TraceCollector implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final List<String> received = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  private TraceCollector() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/v1/traces",
        exchange -> {
          var body = exchange.getRequestBody();
          boolean packed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
          // Names and values are text within the protobuf.
          received.add(
              new String((packed ? new GZIPInputStream(body) : body).readAllBytes(), ISO_8859_1));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  public static TraceCollector start() {
    return new TraceCollector();
  }

  /** The environment of a server that sends its traces here (operating.md, Traces). */
  public Map<String, String> environment() {
    return Map.of(
        "OTEL_SDK_DISABLED",
        "false",
        "OTEL_SERVICE_NAME",
        "betterbase-sync",
        "OTEL_METRICS_EXPORTER",
        "none",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:" + server.getAddress().getPort(),
        "OTEL_BSP_SCHEDULE_DELAY",
        "500");
  }

  /** Waits until all these texts have come, in any order. */
  public void await(String... texts) {
    Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertThat(all()).contains(texts));
  }

  /** All that has come. */
  public String all() {
    return String.join("", received);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
