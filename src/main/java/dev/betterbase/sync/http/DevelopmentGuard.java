package dev.betterbase.sync.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may ask the development issuer for a token (config.md, Development mode): programs on
 * this machine, but no web page. It checks Host, because an attacker's domain can resolve to
 * 127.0.0.1 (DNS rebinding); Origin, because any page may send requests to localhost; and the
 * forwarding headers, because a proxy on this machine makes every client look local.
 *
 * @param remoteAddress the IP address of the peer, as text; null or empty if unknown
 * @param hosts every {@code Host} header
 * @param origins every {@code Origin} header
 * @param headerNames the names of all headers
 */
record DevelopmentGuard(
    @Nullable String remoteAddress,
    List<String> hosts,
    List<String> origins,
    Collection<String> headerNames) {

  private static final String LOOPBACK = "(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?";
  private static final Pattern HOST = Pattern.compile(LOOPBACK, Pattern.CASE_INSENSITIVE);
  private static final Pattern ORIGIN =
      Pattern.compile("https?://" + LOOPBACK, Pattern.CASE_INSENSITIVE);

  /**
   * Headers that proxies add, besides {@code X-Forwarded-*}. A tunnel would open /dev/ to everyone.
   */
  private static final Set<String> PROXY_HEADERS =
      Set.of(
          "forwarded",
          "via",
          "x-real-ip",
          "x-client-ip",
          "x-original-forwarded-for",
          "x-envoy-external-address",
          "x-cluster-client-ip",
          "true-client-ip",
          "fastly-client-ip",
          "fly-client-ip",
          "cf-connecting-ip",
          "cf-ray",
          "cdn-loop");

  DevelopmentGuard {
    hosts = List.copyOf(hosts);
    origins = List.copyOf(origins);
    headerNames = List.copyOf(headerNames);
  }

  /** The text of the 403 that refuses this request; empty if the request is allowed. */
  Optional<String> refusal() {
    if (!isLoopback(remoteAddress)) {
      return Optional.of("development tokens are for this machine only");
    }
    if (hosts.size() != 1 || !HOST.matcher(hosts.getFirst()).matches()) {
      return Optional.of("development tokens need a loopback Host");
    }
    if (!origins.stream().allMatch(origin -> ORIGIN.matcher(origin).matches())) {
      return Optional.of("development tokens need a loopback Origin or none");
    }
    if (headerNames.stream().anyMatch(DevelopmentGuard::isForwarding)) {
      return Optional.of("development tokens are not given through a proxy");
    }
    return Optional.empty();
  }

  private static boolean isForwarding(String header) {
    String name = header.toLowerCase(Locale.ROOT);
    return PROXY_HEADERS.contains(name) || name.startsWith("x-forwarded-");
  }

  private static boolean isLoopback(@Nullable String address) {
    if (address == null || address.isEmpty()) {
      // InetAddress parses these as loopback. Containers return them when the peer has hung up.
      return false;
    }
    try {
      // The container returns a literal address, so this does not look up a name.
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException notAnAddress) {
      return false;
    }
  }
}
