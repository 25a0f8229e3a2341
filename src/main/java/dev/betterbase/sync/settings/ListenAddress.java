package dev.betterbase.sync.settings;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address on which the server listens.
 *
 * @param host an IP address or a host name; IPv6 without brackets
 * @param port 0 to 65535; 0 means any free port
 */
public record ListenAddress(String host, int port) {
  /** The only host on which the development mode listens. */
  public static final String LOOPBACK = "127.0.0.1";

  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([0-9A-Za-z._-]*)):([0-9]{1,5})");

  static ListenAddress read(SettingsReader reader) {
    return parse(reader.withDefault(Setting.LISTEN_ADDR));
  }

  /** Reads the address for the development mode: loopback, with any port. */
  static ListenAddress readForDevelopment(SettingsReader reader) {
    SettingsReader.Given given = reader.withDefault(Setting.LISTEN_ADDR);
    ListenAddress address = parse(given);
    if (reader.findSet(Setting.LISTEN_ADDR).isEmpty()) {
      return new ListenAddress(LOOPBACK, address.port());
    }
    if (!address.host().equals(LOOPBACK)) {
      throw given.expected(
          LOOPBACK + ":port, because the development mode must not be reachable from outside");
    }
    return address;
  }

  /** Whether it is reachable through all network interfaces of this machine. */
  public boolean isOnAllInterfaces() {
    return host.matches("0\\.0\\.0\\.0|[0:]+");
  }

  static ListenAddress parse(SettingsReader.Given given) {
    Matcher matcher = HOST_AND_PORT.matcher(given.value());
    if (!matcher.matches()) {
      throw given.expected("host:port, or [IPv6 address]:port");
    }
    int port = Integer.parseInt(matcher.group(3));
    if (port > 65535) {
      throw given.expected("a port from 0 to 65535");
    }
    String bracketed = matcher.group(1);
    String host = bracketed != null ? bracketed : matcher.group(2);
    return new ListenAddress(host == null || host.isEmpty() ? "0.0.0.0" : host, port);
  }

  /** {@code host:port}, with brackets around an IPv6 address. */
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
