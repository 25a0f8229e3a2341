package dev.betterbase.sync.storage;

import dev.betterbase.sync.settings.DatabaseShards;
import java.util.List;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** The datasources of the databases beside the first over which spaces are spread. */
public final class ShardSources {
  private ShardSources() {}

  /**
   * The datasources, in the order of their numbers.
   *
   * @throws IllegalStateException if the server lacks one; the message is one line
   */
  public static List<DataSource> lookUp(DatabaseShards shards) {
    return shards.others().stream().map(shard -> lookUp(shard.datasource())).toList();
  }

  // Injected datasources would have to exist on servers without shards, too.
  @SuppressWarnings("BanJNDI") // names from the settings of the server, which name no other machine
  private static DataSource lookUp(String name) {
    try {
      return InitialContext.doLookup(name);
    } catch (NamingException absent) {
      throw new IllegalStateException(
          "DATABASE_SHARDS needs the datasource " + name + ", which the server does not have",
          absent);
    }
  }
}
