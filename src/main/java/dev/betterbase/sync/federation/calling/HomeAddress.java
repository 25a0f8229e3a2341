package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.settings.Domain;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a home server is called (federation.md, Calling).
 *
 * @param host its domain without port, by which it is known and trusted
 * @param uri ws or wss, with a port only where it is not the usual one
 */
record HomeAddress(String host, URI uri) {
  private static final String PATH = "/api/v1/federation/ws";

  /**
   * Reads what stands in {@code home_server}: a domain, or a ws, wss, http or https URL.
   *
   * @return empty where it is neither, or has user info, a query or a fragment
   */
  static Optional<HomeAddress> of(String homeServer) {
    if (!homeServer.contains("://")) {
      return Domain.of(homeServer)
          .filter(domain -> homeServer.indexOf('/') < 0)
          .map(HomeAddress::of);
    }
    try {
      URI given = new URI(homeServer);
      if (given.getHost() == null
          || given.getRawUserInfo() != null
          || given.getRawQuery() != null
          || given.getRawFragment() != null) {
        return Optional.empty();
      }
      String path = given.getRawPath();
      return Domain.of(given.getRawAuthority())
          .flatMap(domain -> scheme(given).map(scheme -> of(scheme, domain, path)));
    } catch (URISyntaxException malformed) {
      return Optional.empty();
    }
  }

  private static HomeAddress of(Domain domain) {
    String host = domain.host();
    boolean plain = host.equals("localhost") || host.equals("127.0.0.1") || host.equals("::1");
    return of(plain ? "ws" : "wss", domain, PATH);
  }

  private static HomeAddress of(String scheme, Domain domain, String path) {
    String authority = scheme.equals("ws") ? domain.text().replaceFirst(":80$", "") : domain.text();
    String target = path.isEmpty() || path.equals("/") ? PATH : path;
    return new HomeAddress(domain.host(), URI.create(scheme + "://" + authority + target));
  }

  private static Optional<String> scheme(URI given) {
    return switch (given.getScheme().toLowerCase(Locale.ROOT)) {
      case "ws", "http" -> Optional.of("ws");
      case "wss", "https" -> Optional.of("wss");
      default -> Optional.empty();
    };
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
   * Where a file of a space that lives there is asked for: beside the WebSocket, over http or
   * https.
   */
  URI file(FileKey key) {
    URI beside = uri.resolve("spaces/" + key.space() + "/files/" + key.file());
    return URI.create(beside.toString().replaceFirst("^ws", "http"));
  }
}
