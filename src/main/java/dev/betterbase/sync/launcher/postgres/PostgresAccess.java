package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DatabaseUrl;
import dev.betterbase.sync.settings.Secret;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The JDBC access to a PostgreSQL database.
 *
 * @param jdbcUrl the URL without user, password and parameters
 * @param user the user; if empty, the driver takes the user of the operating system
 * @param password the password; empty if none is needed
 * @param properties driver properties from DATABASE_URL
 * @param shown hosts and database, as a log may show them
 */
public record PostgresAccess(
    String jdbcUrl,
    Optional<String> user,
    Optional<Secret> password,
    Map<String, String> properties,
    String shown) {

  /** A socket that is silent for this long after the statement time-out counts as dead. */
  private static final Duration SOCKET_GRACE = Duration.ofSeconds(10);

  /** The access to the database that DATABASE_URL names. */
  public static PostgresAccess of(DatabaseUrl url) {
    return new PostgresAccess(
        url.jdbcUrl(), url.user(), url.password(), url.properties(), url.shown());
  }

  /**
   * The URL for the connections of the pool, with all properties except user and password.
   *
   * <p>PostgreSQL itself enforces the statement time-out, because a JDBC time-out costs a timer
   * task for each statement.
   */
  public String pooledUrl(DatabaseSettings settings) {
    Map<String, String> all = new TreeMap<>(common());
    all.put("connectTimeout", Long.toString(settings.connectTimeout().toSeconds()));
    all.put(
        "socketTimeout", Long.toString(settings.statementTimeout().plus(SOCKET_GRACE).toSeconds()));
    all.putAll(properties);
    String statementTimeout = "-c statement_timeout=" + settings.statementTimeout().toMillis();
    all.merge("options", statementTimeout, (asked, ours) -> ours + " " + asked);
    return withParameters(all);
  }

  private String withParameters(Map<String, String> parameters) {
    return jdbcUrl
        + parameters.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + encoded(entry.getValue()))
            .collect(Collectors.joining("&", "?", ""));
  }

  /**
   * Connects once, to find out before the server starts whether the database is reachable.
   *
   * @throws StartRefused if it is not; the message shows no password
   */
  public void requireConnection(Duration connectTimeout) {
    try (Connection connection = connect(connectTimeout)) {
      connection.setReadOnly(true);
    } catch (SQLException e) {
      throw new StartRefused(
          "no connection to the database " + shown + ": check DATABASE_URL: " + e.getMessage(), e);
    }
  }

  /** A data source of unpooled connections without a statement time-out. */
  public DataSource dataSource(Duration connectTimeout) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    Map<String, String> all = new TreeMap<>(common());
    all.put("connectTimeout", Long.toString(connectTimeout.toSeconds()));
    all.putAll(properties);
    source.setUrl(withParameters(all));
    user.ifPresent(source::setUser);
    password.ifPresent(secret -> source.setPassword(secret.value()));
    return source;
  }

  /** Opens an unpooled connection without a statement time-out. */
  Connection connect(Duration connectTimeout) throws SQLException {
    return dataSource(connectTimeout).getConnection();
  }

  /** Properties of every connection. Error details quote values of rows, so they are left out. */
  private static Map<String, String> common() {
    return Map.of(
        "ApplicationName", "betterbase-sync",
        "logServerErrorDetail", "false",
        "tcpKeepAlive", "true");
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
