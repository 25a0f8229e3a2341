package dev.betterbase.sync.settings;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The database of the uber-jar. A WAR on a server takes the server's datasource.
 *
 * @param url empty for the embedded PostgreSQL
 * @param poolSize connections of the pool at most
 * @param poolWait longest wait for one of them
 * @param connectTimeout longest wait for a new connection
 * @param statementTimeout the longest time that a statement may run, migrations excepted; also on a
 *     server's datasource
 */
public record DatabaseSettings(
    Optional<DatabaseUrl> url,
    int poolSize,
    Duration poolWait,
    Duration connectTimeout,
    Duration statementTimeout) {

  /** A start takes up to so many at once, to see whether there is anything to migrate. */
  private static final int FEWEST_CONNECTIONS = 4;

  /**
   * Reads these settings alone, for commands that need no others.
   *
   * @param source gives the value of a variable, or null
   * @throws InvalidSetting where one of them is bad
   */
  public static DatabaseSettings read(Function<String, @Nullable String> source) {
    return read(new SettingsReader(source));
  }

  static DatabaseSettings read(SettingsReader reader) {
    return new DatabaseSettings(
        reader.findSet(Setting.DATABASE_URL).map(given -> DatabaseUrl.parse(given.value())),
        reader.whole(Setting.DATABASE_POOL_SIZE, FEWEST_CONNECTIONS, 1000),
        reader.seconds(Setting.DATABASE_POOL_WAIT_SECONDS, 60),
        reader.seconds(Setting.DATABASE_CONNECT_TIMEOUT_SECONDS, 60),
        reader.seconds(Setting.DATABASE_STATEMENT_TIMEOUT_SECONDS, 3600));
  }
}
