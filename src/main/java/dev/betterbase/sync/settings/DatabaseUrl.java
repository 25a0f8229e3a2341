package dev.betterbase.sync.settings;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL database that DATABASE_URL and the environment variables of libpq name.
 *
 * @param hosts at least one host; the driver tries them in order
 * @param database the name of the database
 * @param user the user; if empty, the driver takes the user of the operating system
 * @param password the password; if empty, the driver looks for one in PGPASSFILE or {@code
 *     ~/.pgpass}
 * @param properties properties of the PostgreSQL JDBC driver. The value {@code system} of {@code
 *     sslrootcert} is libpq's
 */
public record DatabaseUrl(
    List<Host> hosts,
    String database,
    Optional<String> user,
    Optional<Secret> password,
    Map<String, String> properties) {

  /** The beginning of a URL for the JDBC driver, before the hosts. */
  public static final String HEAD = "jdbc:postgresql://";

  /**
   * A host of the URL.
   *
   * @param name a host name or an IP address; IPv6 without brackets
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
   * @param url the URL, with percent-encoded parts
   * @param environment gives the value of a variable, or null. The variables of libpq, such as
   *     PGHOST and PGSSLMODE, fill in what the URL leaves open
   * @throws InvalidSetting if it is not such a URL; the message shows nothing that may be a secret
   */
  public static DatabaseUrl parse(String url, Function<String, @Nullable String> environment) {
    return new DatabaseUrlParser(url, environment).parse();
  }

  /** Hosts as the JDBC driver reads them. */
  public static String list(List<Host> hosts) {
    return hosts.stream().map(Host::toString).collect(Collectors.joining(","));
  }

  /** The URL for the JDBC driver, without user, password and parameters. */
  public String jdbcUrl() {
    return HEAD
        + list(hosts)
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Hosts and database, as messages show them: {@code db.example:5432/sync}. */
  public String shown() {
    return list(hosts) + "/" + database;
  }
}
