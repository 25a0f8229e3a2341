package dev.betterbase.sync.settings;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A PostgreSQL that was named by DATABASE_URL.
 *
 * @param hosts at least one; more than one are tried in order
 * @param database its name
 * @param user empty where none was named: then the driver takes the system's user
 * @param password empty where none was named
 * @param properties properties of the PostgreSQL JDBC driver that the URL's parameters stand for
 */
public record DatabaseUrl(
    List<Host> hosts,
    String database,
    Optional<String> user,
    Optional<Secret> password,
    Map<String, String> properties) {

  /**
   * One server of the list.
   *
   * @param name host name or IP address, IPv6 without brackets
   * @param port 1 to 65535
   */
  public record Host(String name, int port) {
    @Override
    public String toString() {
      return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
    }
  }

  /**
   * Reads a {@code postgres://}, {@code postgresql://} or {@code jdbc:postgresql://} URL.
   *
   * @param url the URL, its parts percent-encoded
   * @throws InvalidSetting where it is none; the message shows nothing that could be a secret
   */
  public static DatabaseUrl parse(String url) {
    return new DatabaseUrlParser(url).parse();
  }

  /** The URL for the JDBC driver, without user and password and without parameters. */
  public String jdbcUrl() {
    return "jdbc:postgresql://"
        + hosts.stream().map(Host::toString).collect(Collectors.joining(","))
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Hosts and database for people: {@code db.example:5432/sync}. */
  public String shown() {
    return hosts.stream().map(Host::toString).collect(Collectors.joining(",")) + "/" + database;
  }
}
