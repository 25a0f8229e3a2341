package dev.betterbase.sync.address;

import dev.betterbase.sync.settings.IpLiteral;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the addresses that proxies have added to a request. Each proxy adds that of its own caller.
 * An entry that names no address ({@code unknown}, or a pseudonym) is empty.
 */
final class ForwardedFor {

  /** One parameter of a {@code Forwarded} element with what ends it (RFC 7239, section 4). */
  private static final Pattern PARAMETER =
      Pattern.compile("\\s*+([^\\s=,;\"]++)=(\"(?:[^\"\\\\]|\\\\.)*+\"|[^\\s,;\"]*+)\\s*+([,;]|$)");

  private static final Pattern EMPTY = Pattern.compile("\\s*+([,;]|$)");

  /** An address as a node (RFC 7239, section 6): IPv6 in brackets, and maybe a port. */
  private static final Pattern NODE =
      Pattern.compile("\\[([^\\]]+)](?::[0-9A-Za-z._-]+)?|([0-9.]+)(?::[0-9A-Za-z._-]+)?");

  private ForwardedFor() {}

  /**
   * The entries of {@code Forwarded} headers, in order.
   *
   * @return a last entry that is empty if a header is malformed: nothing to its left is believed
   */
  static List<Optional<InetAddress>> ofForwarded(List<String> headers) {
    List<Optional<InetAddress>> entries = new ArrayList<>();
    for (String header : headers) {
      readElements(header, entries);
    }
    return entries;
  }

  private static void readElements(String header, List<Optional<InetAddress>> entries) {
    Matcher parameter = PARAMETER.matcher(header);
    Matcher empty = EMPTY.matcher(header);
    Optional<InetAddress> address = Optional.empty();
    boolean given = false;
    int at = 0;
    while (at < header.length()) {
      Matcher found = parameter;
      if (parameter.region(at, header.length()).lookingAt()) {
        given = true;
        if (parameter.group(1).toLowerCase(Locale.ROOT).equals("for")) {
          address = node(unquoted(parameter.group(2)));
        }
      } else if (empty.region(at, header.length()).lookingAt()) {
        found = empty;
      } else {
        entries.add(Optional.empty());
        return;
      }
      at = found.end();
      String end = found.group(found.groupCount());
      if (given && !end.equals(";")) {
        entries.add(address);
        address = Optional.empty();
        given = false;
      }
    }
    if (given) {
      entries.add(address);
    }
  }

  private static String unquoted(String value) {
    return value.startsWith("\"")
        ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1")
        : value;
  }

  /** The entries of {@code X-Forwarded-For} headers, in order. */
  static List<Optional<InetAddress>> ofXForwardedFor(List<String> headers) {
    List<Optional<InetAddress>> entries = new ArrayList<>();
    for (String header : headers) {
      for (String entry : header.split(",", -1)) {
        String text = entry.strip();
        if (!text.isEmpty()) {
          entries.add(IpLiteral.parse(text).or(() -> node(text)));
        }
      }
    }
    return entries;
  }

  private static Optional<InetAddress> node(String text) {
    Matcher node = NODE.matcher(text);
    if (!node.matches()) {
      return Optional.empty();
    }
    return IpLiteral.parse(node.group(1) == null ? node.group(2) : node.group(1));
  }
}
