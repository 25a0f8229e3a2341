package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.betterbase.sync.settings.FederationSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DevelopmentPeersTest {
  private static DevelopmentPeers peers(Optional<String> own, String... trusted) {
    return DevelopmentPeers.of(
        new FederationSettings(
            own,
            Set.of(trusted),
            true,
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            new FederationSettings.Quotas(1, 1, 1, 1, 1)));
  }

  @Test
  void onlyServersOfThisMachineAreOffered() {
    DevelopmentPeers peers =
        peers(
            Optional.of("localhost:5379"),
            "sync.example.com",
            "sync.example.com:5379",
            "localhost",
            "[::1]:7000",
            "127.0.0.1:5380");
    assertThat(peers.domains()).containsExactly("127.0.0.1:5380", "[::1]:7000");
    assertThat(peers.connectSources())
        .isEqualTo(" http://127.0.0.1:5380 ws://127.0.0.1:5380 http://[::1]:7000 ws://[::1]:7000");
  }

  @Test
  void aServerWithoutADomainOffersNone() {
    assertThat(peers(Optional.empty(), "127.0.0.1:5380").domains()).isEmpty();
    assertThat(peers(Optional.of("localhost:5379")).connectSources()).isEmpty();
  }

  @Test
  void theOtherServerIsAskedForTheSameToken() throws IOException {
    AtomicReference<String> asked = new AtomicReference<>("");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/dev/token",
        exchange -> {
          String query = exchange.getRequestURI().getRawQuery();
          asked.set(query);
          byte[] body = "{\"token\":\"t\"}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(query.contains("sub=nobody") ? 404 : 200, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
    try {
      String domain = "127.0.0.1:" + server.getAddress().getPort();
      var peers = new DevelopmentPeers("localhost:5379", List.of(domain));
      assertThat(peers.token(domain, wanted("Ada & co"))).isEqualTo("{\"token\":\"t\"}");
      assertThat(asked.get())
          .isEqualTo("client_id=development&scope=sync+files&sub=Ada+%26+co&ttl=3600");
      assertThatThrownBy(() -> peers.token(domain, wanted("nobody")))
          .isInstanceOf(IOException.class)
          .hasMessage("status 404");
    } finally {
      server.stop(0);
    }
  }

  private static TokenRequest wanted(String subject) {
    return TokenRequest.of(name -> name.equals("sub") ? subject : null);
  }
}
