package dev.betterbase.sync.http;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.FederationSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The other development servers of this machine that this one trusts (federation.md), which the
 * page to try the server can put one of its clients on. They are trusted domains with a loopback
 * name and a port.
 *
 * @param own the domain of this server
 * @param domains those of the others, sorted
 */
record DevelopmentPeers(String own, List<String> domains) {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** A token and the names beside it are a tenth of this. */
  private static final int ANSWER_AT_MOST = 16 * 1_024;

  DevelopmentPeers {
    domains = List.copyOf(domains);
  }

  /** Finds them in the settings. There are none if this server has no domain of its own. */
  static DevelopmentPeers of(FederationSettings federation) {
    return new DevelopmentPeers(
        federation.domain().orElse(""),
        federation.domain().isEmpty()
            ? List.of()
            : federation.trustedDomains().stream()
                .filter(DevelopmentPeers::isOnThisMachine)
                .sorted()
                .toList());
  }

  private static boolean isOnThisMachine(String trusted) {
    Domain domain = new Domain(trusted);
    return domain.isLoopback() && trusted.endsWith(":" + domain.port());
  }

  /** The sources that a page may connect to besides its own server, for {@code connect-src}. */
  String connectSources() {
    return domains.stream()
        .map(domain -> " http://" + domain + " ws://" + domain)
        .collect(Collectors.joining());
  }

  /**
   * Asks another server for a token, as a program on this machine. A page cannot ask for it itself,
   * because {@code /dev/} has no CORS headers.
   *
   * @param domain one of {@link #domains}
   * @return the answer of the other server, JSON
   * @throws IOException if it does not answer, or gives no tokens
   */
  String token(String domain, TokenRequest wanted) throws IOException {
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("sub", wanted.subject());
    parameters.put("client_id", wanted.clientId());
    parameters.put("scope", wanted.scope());
    parameters.put("ttl", Integer.toString(wanted.lifetime()));
    wanted.did().ifPresent(did -> parameters.put("did", did));
    String query =
        parameters.entrySet().stream()
            .map(each -> each.getKey() + "=" + encoded(each.getValue()))
            .collect(Collectors.joining("&"));
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://" + domain + RequestPath.DEVELOPMENT + "token?" + query))
            .timeout(TIMEOUT)
            .build();
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(TIMEOUT)
            .build()) {
      HttpResponse<InputStream> answer =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = answer.body()) {
        byte[] content = body.readNBytes(ANSWER_AT_MOST);
        if (answer.statusCode() != 200) {
          throw new IOException("status " + answer.statusCode());
        }
        return new String(content, StandardCharsets.UTF_8);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
