package dev.betterbase.sync.testing;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;

import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.ShardNumber;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.Database;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * New databases over which spaces are spread, for tests that use JDBC without a server.
 *
 * @param sources from the first on
 */
public record SpreadDatabases(List<DataSource> sources) {
  /** So many databases. */
  public static SpreadDatabases of(int count) {
    List<DataSource> sources = Stream.generate(Databases::migrated).limit(count).toList();
    try {
      ShardNumber.requireAll(sources);
    } catch (SchemaMigrationException refused) {
      throw new IllegalStateException(refused);
    }
    return new SpreadDatabases(sources);
  }

  /** What a node has of them. */
  public Database node() {
    return node(sources);
  }

  /** The same with other sources of connections. */
  public static Database node(List<DataSource> sources) {
    return Database.spreadOver(sources, Collections.nCopies(sources.size(), 1));
  }

  /** A database. */
  public DataSource get(int number) {
    return sources.get(number - 1);
  }

  /** What a server that starts does to the grants of people. */
  public void startServer() {
    String number = value(get(1), "select nextval('grant_numbers')");
    sources.forEach(each -> execute(each, "select check_grants_anew(%s)".formatted(number)));
  }

  /** Makes a shared space in a database, which counts for this person. */
  public SpaceId sharedSpace(int number, String owner) {
    SpaceId shared = new SpaceId(UUID.randomUUID());
    execute(
        get(number),
        "insert into spaces (id, client_id, root_public_key, owner_hash) values"
            + " ('%s', 'c', decode(repeat('02', 33), 'hex'), '%s')".formatted(shared, owner));
    execute(get(1), "insert into space_shards values ('%s', %d)".formatted(shared, number));
    return shared;
  }
}
