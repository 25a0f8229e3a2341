package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.HttpUrl;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The address at which a home server is called (federation.md, Calling): always the path of
 * federation, over TLS unless the server is on this machine. What a space names as its home chooses
 * nothing but the server, so that it cannot direct a signed request to another service of a trusted
 * host.
 *
 * @param domain the domain with its port, by which it is trusted
 * @param uri ws or wss, with a port only if it is not the usual one
 */
record HomeAddress(Domain domain, URI uri) {
  private static final String PATH = "/api/v1/federation/ws";
  private static final Set<String> SCHEMES = Set.of("ws", "wss", "http", "https");
  private static final Set<String> PLAIN = Set.of("ws", "http");

  /**
   * Reads what stands in {@code home_server}: a domain, or a ws, wss, http or https URL.
   *
   * @return empty if it is neither, or has user info, a query, a fragment or another path
   */
  static Optional<HomeAddress> of(String homeServer) {
    if (!homeServer.contains("://")) {
      return Domain.of(homeServer)
          .filter(domain -> homeServer.indexOf('/') < 0)
          .map(domain -> at(domain, domain.isLoopback()));
    }
    return HttpUrl.parse(homeServer, SCHEMES)
        .filter(url -> url.getRawQuery() == null && isPath(url.getRawPath()))
        .flatMap(
            url ->
                Domain.of(url.getRawAuthority()).map(domain -> at(domain, isPlain(url, domain))));
  }

  private static boolean isPlain(URI url, Domain domain) {
    return domain.isLoopback() && PLAIN.contains(url.getScheme().toLowerCase(Locale.ROOT));
  }

  private static boolean isPath(String path) {
    return path.isEmpty() || path.equals("/") || path.equals(PATH);
  }

  private static HomeAddress at(Domain domain, boolean plain) {
    String authority = plain ? domain.text().replaceFirst(":80$", "") : domain.text();
    return new HomeAddress(domain, URI.create((plain ? "ws://" : "wss://") + authority + PATH));
  }

  /** The domain without port, by which metrics and notices know the server. */
  String host() {
    return domain.host();
  }

  /** The field {@code Host} of a handshake. */
  String hostField() {
    return uri.getRawAuthority();
  }

  /** The URI that is signed, under a scheme. */
  String target(String scheme) {
    return scheme + "://" + uri.getRawAuthority() + uri.getRawPath();
  }

  /**
   * The address of a file of a space that lives there: beside the WebSocket, over http or https.
   */
  URI file(FileKey key) {
    URI beside = uri.resolve("spaces/" + key.space() + "/files/" + key.file());
    return URI.create(beside.toString().replaceFirst("^ws", "http"));
  }
}
