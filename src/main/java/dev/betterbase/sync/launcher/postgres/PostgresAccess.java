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
 * How a PostgreSQL is reached with the JDBC driver.
 *
 * @param jdbcUrl without user, password and parameters
 * @param properties the driver's properties that whoever runs the database asked for
 * @param shown hosts and database as a log may show them
 */
public record PostgresAccess(
    String jdbcUrl,
    Optional<String> user,
    Optional<Secret> password,
    Map<String, String> properties,
    String shown) {

  /** A socket that is silent for this much longer than a statement may take is dead. */
  private static final Duration SOCKET_GRACE = Duration.ofSeconds(10);

  public static PostgresAccess of(DatabaseUrl url) {
    return new PostgresAccess(
        url.jdbcUrl(), url.user(), url.password(), url.properties(), url.shown());
  }

  /**
   * The URL of the pool's connections, their properties included, user and password excepted.
   *
   * <p>The server itself ends a statement that takes too long: a time-out of JDBC would cost a
   * timer task for each statement.
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
   * Looks whether the database can be reached, before a server is started for it.
   *
   * @throws StartRefused where it cannot; the driver's messages show no password
   */
  public void requireConnection(Duration connectTimeout) {
    try (Connection connection = connect(connectTimeout)) {
      connection.setReadOnly(true);
    } catch (SQLException e) {
      throw new StartRefused("no connection to the database " + shown + ": " + e.getMessage(), e);
    }
  }

  /** Connections outside every pool, on which a statement may take as long as it needs. */
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

  /** One such connection. */
  Connection connect(Duration connectTimeout) throws SQLException {
    return dataSource(connectTimeout).getConnection();
  }

  /** What every connection has; the details of a server's errors quote values of rows. */
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
