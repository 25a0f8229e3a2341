package dev.betterbase.sync.http;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The part of a request by which two servers may disagree on its end or its host. If they do, a
 * client can smuggle a request past the first of them (RFC 9112, section 11.2).
 *
 * @param method the method
 * @param target the request target without its query
 * @param protocol such as {@code HTTP/1.1}
 * @param hosts the values of all {@code Host} fields
 * @param transferEncodings the values of all {@code Transfer-Encoding} fields
 * @param hasContentLength whether there is a {@code Content-Length} field; false if nothing depends
 *     on it
 */
public record RequestHead(
    String method,
    String target,
    String protocol,
    List<String> hosts,
    List<String> transferEncodings,
    boolean hasContentLength) {

  /**
   * A percent sign without two hex digits after it; or a dot segment at the end, for which Payara's
   * normalization may read past the end of its buffer.
   */
  private static final Pattern MALFORMED_TARGET =
      Pattern.compile("%(?![0-9A-Fa-f]{2})|/(?:\\.|%2[Ee]){1,2}$");

  /** A host, with or without port (RFC 3986, section 3.2.2). Payara fails if the host is empty. */
  private static final Pattern HOST =
      Pattern.compile("(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{0,5})?");

  /** Payara would wait for what follows, without a limit of time. */
  private static final Set<String> TUNNELS = Set.of("CONNECT", "PRI");

  /**
   * The method is one token (RFC 9110, section 5.6.2). Payara takes lines before it as part of it.
   */
  private static final Pattern METHOD = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

  static final String HTTP_1_0 = "HTTP/1.0";

  /** It has neither headers nor an end, but Payara would read both. */
  private static final String HTTP_0_9 = "HTTP/0.9";

  /** The fault of the head; empty if there is none. */
  public Optional<String> fault() {
    if (!METHOD.matcher(method).matches()) {
      return Optional.of("the method is not a token");
    }
    if (protocol.isEmpty() || protocol.equals(HTTP_0_9)) {
      return Optional.of("the protocol is older than HTTP/1.0");
    }
    if (TUNNELS.contains(method)) {
      return Optional.of("there are no tunnels");
    }
    if (MALFORMED_TARGET.matcher(target).find()) {
      return Optional.of("the target cannot be decoded");
    }
    if (hosts.size() > 1 || !hosts.stream().allMatch(host -> HOST.matcher(host).matches())) {
      return Optional.of("there is not one valid Host");
    }
    if (transferEncodings.isEmpty()) {
      return Optional.empty();
    }
    if (hasContentLength || protocol.equals(HTTP_1_0)) {
      return Optional.of("the end of the request is ambiguous");
    }
    if (transferEncodings.size() > 1
        || !transferEncodings.getFirst().toLowerCase(Locale.ROOT).equals("chunked")) {
      return Optional.of("the transfer coding is unknown");
    }
    return Optional.empty();
  }
}
