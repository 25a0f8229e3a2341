package dev.betterbase.sync.settings;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The database of the uber-jar. The WAR on an application server uses that server's datasource.
 *
 * @param url the database; empty for the embedded PostgreSQL
 * @param poolSize most connections of the pool
 * @param poolWait longest wait for a connection from the pool
 * @param connectTimeout longest wait for a new connection
 * @param statementTimeout longest time of a statement, except in migrations; it also holds on the
 *     datasource of an application server
 */
public record DatabaseSettings(
    Optional<DatabaseUrl> url,
    int poolSize,
    Duration poolWait,
    Duration connectTimeout,
    Duration statementTimeout) {

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
        reader.whole(Setting.DATABASE_POOL_SIZE, FEWEST_CONNECTIONS, 1000),
        reader.seconds(Setting.DATABASE_POOL_WAIT_SECONDS, 60),
        reader.seconds(Setting.DATABASE_CONNECT_TIMEOUT_SECONDS, 60),
        reader.seconds(Setting.DATABASE_STATEMENT_TIMEOUT_SECONDS, 3600));
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
