package dev.betterbase.sync.settings;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The database of the uber-jar. The WAR on an application server uses that server's datasource.
 *
 * @param url the database; empty for the embedded PostgreSQL
 * @param replicas the hosts of its read replicas, with the same database, user and password
 * @param shards the further databases over which spaces are spread
 * @param poolSize most connections of the pool of each database
 * @param poolWait longest wait for a connection from the pool
 * @param connectTimeout longest wait for a new connection
 * @param statementTimeout longest time of a statement, except in migrations; it also holds on the
 *     datasource of an application server
 */
public record DatabaseSettings(
    Optional<DatabaseUrl> url,
    List<DatabaseUrl.Host> replicas,
    DatabaseShards shards,
    int poolSize,
    Duration poolWait,
    Duration connectTimeout,
    Duration statementTimeout) {

  /** The longest time of a statement on a replica: the primary can be asked instead. */
  public static final Duration REPLICA_TIMEOUT = Duration.ofSeconds(5);

  private static final Pattern HOST =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([0-9A-Za-z._-]+))(?::([0-9]{1,5}))?");

  /** With fewer, a health check or a background job would make every request wait. */
  private static final int FEWEST_CONNECTIONS = 4;

  /**
   * Reads only these settings, for commands that need no others.
   *
   * @param source gives the value of a variable, or null
   * @throws InvalidSetting if one of them has a bad value
   */
  public static DatabaseSettings read(Function<String, @Nullable String> source) {
    return read(new SettingsReader(source));
  }

  static DatabaseSettings read(SettingsReader reader) {
    return new DatabaseSettings(
        reader.findSet(Setting.DATABASE_URL).map(given -> url(given.value(), reader)),
        reader.find(Setting.DATABASE_REPLICAS).map(DatabaseSettings::hosts).orElse(List.of()),
        DatabaseShards.read(reader, url -> url(url, reader)),
        reader.whole(Setting.DATABASE_POOL_SIZE, FEWEST_CONNECTIONS, 1000),
        reader.seconds(Setting.DATABASE_POOL_WAIT_SECONDS, 60),
        reader.seconds(Setting.DATABASE_CONNECT_TIMEOUT_SECONDS, 60),
        reader.seconds(Setting.DATABASE_STATEMENT_TIMEOUT_SECONDS, 3600));
  }

  private static List<DatabaseUrl.Host> hosts(SettingsReader.Given given) {
    return SettingsReader.split(given.value(), ",").stream()
        .map(
            text -> {
              Matcher host = HOST.matcher(text);
              int port =
                  !host.matches()
                      ? 0
                      : host.group(3) == null ? 5432 : Integer.parseInt(host.group(3));
              if (port < 1 || port > 65535) {
                throw given.expected("host names or addresses, each with or without a port");
              }
              return new DatabaseUrl.Host(
                  host.group(1) == null ? host.group(2) : host.group(1), port);
            })
        .toList();
  }

  /** The longest time of a statement on a replica, where statements have a shorter one. */
  public Duration replicaTimeout() {
    return statementTimeout.compareTo(REPLICA_TIMEOUT) < 0 ? statementTimeout : REPLICA_TIMEOUT;
  }

  /** A time-out of this server's own setting goes before that of libpq's variable. */
  private static DatabaseUrl url(String url, SettingsReader reader) {
    boolean timeoutSet = reader.findSet(Setting.DATABASE_CONNECT_TIMEOUT_SECONDS).isPresent();
    return DatabaseUrl.parse(
        url,
        variable ->
            timeoutSet && variable.equals("PGCONNECT_TIMEOUT") ? null : reader.foreign(variable));
  }
}
