package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DatabaseUrl;
import dev.betterbase.sync.settings.Secret;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The JDBC access to a PostgreSQL database. Every connection, of the commands and of the server's
 * pool, is made from a URL of {@link #url}, which is complete: it has the user, the password and
 * all properties.
 *
 * @param jdbcUrl the URL without user, password and parameters
 * @param hosts the number of hosts in it, which the driver tries in order
 * @param user the user; if empty, the driver takes the user of the operating system
 * @param password the password; if empty, the driver looks for one in PGPASSFILE or {@code
 *     ~/.pgpass}
 * @param properties driver properties from DATABASE_URL and the variables of libpq
 * @param pooled whether a pooler, such as PgBouncer, stands between this server and PostgreSQL.
 *     Then two transactions of one connection may run in two sessions of PostgreSQL
 * @param shown hosts and database, as a log may show them
 */
public record PostgresAccess(
    String jdbcUrl,
    int hosts,
    Optional<String> user,
    Optional<Secret> password,
    Map<String, String> properties,
    boolean pooled,
    String shown) {

  /** The driver logs a certificate for another host besides throwing it. Held, or it is lost. */
  private static final Logger TLS_LOG = Logger.getLogger("org.postgresql.ssl");

  static {
    TLS_LOG.setLevel(Level.OFF);
  }

  /** A socket that is silent for this long after the statement time-out counts as dead. */
  private static final Duration SOCKET_GRACE = Duration.ofSeconds(10);

  private static final String CONNECT_TIMEOUT = "connectTimeout";
  private static final String PREPARE_THRESHOLD = "prepareThreshold";
  private static final String NEVER = "0";
  private static final String OPTIONS = "options";

  /**
   * A role, a database or all of PostgreSQL may have another default. Then a transaction that has
   * waited for a lock would fail, because the row has changed since its snapshot.
   */
  private static final String READ_COMMITTED = "-c default_transaction_isolation=read\\ committed";

  /**
   * The access to the database that DATABASE_URL names. It has not been connected to yet.
   *
   * @throws StartRefused if its properties contradict each other
   */
  public static PostgresAccess of(DatabaseUrl url) {
    return new PostgresAccess(
        url.jdbcUrl(),
        url.hosts().size(),
        url.user(),
        url.password(),
        ServerAuthorities.chosen(url.properties()),
        NEVER.equals(url.properties().get(PREPARE_THRESHOLD)),
        url.shown());
  }

  /**
   * Connects to each database of DATABASE_SHARDS once.
   *
   * @return the access to each, in the order of their numbers
   * @throws StartRefused if there is no connection to one of them, or it is named by a datasource
   */
  public static List<PostgresAccess> connectedShards(DatabaseSettings settings) {
    return settings.shards().others().stream()
        .map(
            shard ->
                of(shard
                        .url()
                        .orElseThrow(
                            () ->
                                new StartRefused(
                                    "DATABASE_SHARDS names the datasource "
                                        + shard.datasource()
                                        + ", which only a WAR on a server has: expected URLs")))
                    .connected(settings.connectTimeout()))
        .toList();
  }

  /**
   * Connects to each database once, from the first on.
   *
   * @param connect connects to the first
   * @return sources of unpooled connections without a statement time-out
   * @throws StartRefused if there is no connection to one of them
   */
  public static List<DataSource> all(
      DatabaseSettings settings, Function<DatabaseSettings, PostgresAccess> connect) {
    return Stream.concat(Stream.of(connect.apply(settings)), connectedShards(settings).stream())
        .map(each -> each.dataSource(settings.connectTimeout()))
        .toList();
  }

  /**
   * Connects once, to find out before the server starts whether the database is reachable, and
   * whether through a pooler.
   *
   * @return the access that suits the database or pooler that has answered
   * @throws StartRefused if nothing does; the message shows no password
   */
  public PostgresAccess connected(Duration connectTimeout) {
    try (Connection connection = connect(connectTimeout)) {
      return new PostgresAccess(
          jdbcUrl, hosts, user, password, properties, pooled || isPooled(connection), shown);
    } catch (SQLException e) {
      throw new StartRefused(
          "no connection to the database " + shown + ": " + ConnectionFailure.explained(e), e);
    }
  }

  /**
   * The URL for the connections of the pool. The password in it is percent-encoded like everything
   * else, so the server finds no {@code ${…}} that it would replace.
   *
   * <p>The driver cancels a statement that takes too long. In a session of its own, PostgreSQL does
   * so as well, even if this process hangs. A pooler refuses the start-up parameter for that, and
   * the one for the isolation of transactions.
   */
  public String pooledUrl(DatabaseSettings settings) {
    return pooledUrl(settings.connectTimeout(), settings.statementTimeout());
  }

  /**
   * The same for the pool of the read replicas. The driver chooses one of them at random, and skips
   * a host that has become a primary.
   */
  public String replicaUrl(DatabaseSettings settings) {
    List<DatabaseUrl.Host> others = settings.replicas();
    Map<String, String> more = new TreeMap<>(properties);
    more.put("targetServerType", "secondary");
    more.put("loadBalanceHosts", "true");
    return new PostgresAccess(
            DatabaseUrl.HEAD
                + DatabaseUrl.list(others)
                + jdbcUrl.substring(jdbcUrl.indexOf('/', DatabaseUrl.HEAD.length())),
            others.size(),
            user,
            password,
            more,
            pooled,
            shown)
        .pooledUrl(settings.connectTimeout(), settings.replicaTimeout());
  }

  private String pooledUrl(Duration connectTimeout, Duration statementTimeout) {
    Map<String, String> defaults =
        new TreeMap<>(
            Map.of(
                CONNECT_TIMEOUT,
                perHost(connectTimeout),
                "socketTimeout",
                Long.toString(statementTimeout.plus(SOCKET_GRACE).toSeconds())));
    return url(defaults, options("-c statement_timeout=" + statementTimeout.toMillis()));
  }

  /**
   * A data source of unpooled connections without a statement time-out. Whether a pooler is in
   * between must be known, from {@link #connected} or otherwise.
   */
  public DataSource dataSource(Duration connectTimeout) {
    return dataSource(connectTimeout, options(""));
  }

  private DataSource dataSource(Duration connectTimeout, Map<String, String> overrides) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url(Map.of(CONNECT_TIMEOUT, perHost(connectTimeout)), overrides));
    return source;
  }

  /**
   * The settings of a session, if it is a session of PostgreSQL and not of a pooler.
   *
   * @param defaults parameters that DATABASE_URL may override
   */
  private Map<String, String> options(String defaults) {
    return pooled
        ? Map.of()
        : Map.of(
            OPTIONS,
            String.join(" ", defaults, properties.getOrDefault(OPTIONS, ""), READ_COMMITTED)
                .strip());
  }

  /** The time for each host, in whole seconds, if all of them together may take this long. */
  private String perHost(Duration connectTimeout) {
    return Long.toString(Math.max(1, connectTimeout.toSeconds() / hosts));
  }

  /** Opens an unpooled connection without a statement time-out, perhaps through a pooler. */
  Connection connect(Duration connectTimeout) throws SQLException {
    return dataSource(connectTimeout, Map.of()).getConnection();
  }

  /**
   * The complete URL of a connection.
   *
   * @param defaults properties that DATABASE_URL may override
   * @param overrides properties that override it
   */
  private String url(Map<String, String> defaults, Map<String, String> overrides) {
    Map<String, String> all = new TreeMap<>(defaults);
    all.put("ApplicationName", "betterbase-sync");
    // The driver sends the name with its first message, and not in a statement of its own.
    all.put("assumeMinServerVersion", "9.0");
    // The details of an error quote values of rows.
    all.put("logServerErrorDetail", "false");
    all.put("tcpKeepAlive", "true");
    if (pooled) {
      // A prepared statement stays in one session of PostgreSQL, and the next transaction may run
      // in another.
      all.put(PREPARE_THRESHOLD, NEVER);
    }
    all.putAll(properties);
    all.putAll(overrides);
    user.ifPresent(name -> all.put("user", name));
    password.ifPresent(secret -> all.put("password", secret.value()));
    return jdbcUrl
        + all.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + encoded(entry.getValue()))
            .collect(Collectors.joining("&", "?", ""));
  }

  /**
   * Whether the process of PostgreSQL that serves this connection is another than the one it was
   * told of at its start. A pooler makes up the number of a process, because a client may be served
   * by several.
   */
  private static boolean isPooled(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select pg_backend_pid()")) {
      row.next();
      return row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();
    }
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
