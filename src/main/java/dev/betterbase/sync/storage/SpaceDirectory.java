package dev.betterbase.sync.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.protocol.SpaceId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Knows in which of several databases each space is (storage.md, Tables that this server adds). It
 * asks the first database, and keeps the answers: if a space has moved, the database that it has
 * left refuses all work in it, and then the first is asked anew. That a space does not exist is not
 * kept, because it may be made at any moment.
 */
final class SpaceDirectory {
  private static final Logger LOG = System.getLogger(SpaceDirectory.class.getName());

  /** The most spaces that are kept, which takes about 30 MB when full. */
  private static final int KEPT = 200_000;

  /**
   * The most times that work in a space is begun: in the database that is kept for it; in the
   * database that a move has begun to take it to; and in the one after the end of that move.
   */
  static final int ATTEMPTS = 3;

  private static final String FIND = "select space_id, shard from find_shards(?)";
  private static final String PLACE = "select place_space(?, ?)";

  private final List<Database> databases;
  private final List<Integer> weights;

  // Maintenance runs in the caller: in the JVM's common pool it would outlive the application.
  private final Cache<SpaceId, Integer> known =
      Caffeine.newBuilder().maximumSize(KEPT).executor(Runnable::run).build();

  /**
   * @param databases all of them, from the first on
   * @param weights the share of new spaces that each gets, in proportion to the others
   */
  SpaceDirectory(List<Database> databases, List<Integer> weights) {
    this.databases = databases;
    this.weights = weights;
  }

  /** The database of a space; the first if there is no such space. */
  Database of(SpaceId space) {
    Integer shard = known.getIfPresent(space);
    return shard == null ? database(ask(List.of(space)).getOrDefault(space, 1)) : database(shard);
  }

  /**
   * Does some work in the database of a space, and anew in another one if the space has moved.
   *
   * @param place finds the database of the space
   * @throws SpaceElsewhereException if the space moves again and again
   */
  <T> T run(SpaceId space, Function<SpaceId, Database> place, Function<Database, T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return work.apply(place.apply(space));
      } catch (SpaceElsewhereException refused) {
        if (attempt == ATTEMPTS) {
          throw refused;
        }
        lookAgain(List.of(space));
      }
    }
  }

  /** A database has refused work in one of these spaces, so their places are read again. */
  void lookAgain(Collection<SpaceId> spaces) {
    int seconds = Math.toIntExact(first().statementTimeout().toSeconds());
    for (SpaceArrival move :
        first()
            .run("find moves", connection -> SpaceArrival.pending(connection, spaces, seconds))) {
      if (database(move.from()).run("find move", connection -> move.hasLeft(connection, seconds))) {
        end(move, seconds);
      }
    }
    known.invalidateAll(spaces);
    learn(spaces);
  }

  /** The command that moved the space has died, or has not come to this yet. */
  private void end(SpaceArrival move, int seconds) {
    boolean unused =
        database(move.to())
            .run(
                "end move",
                connection -> {
                  move.arrive(connection, seconds);
                  return true;
                });
    boolean unusedToo =
        first()
            .run(
                "end move",
                connection -> {
                  move.record(connection, seconds);
                  return true;
                });
    try {
      handOver(new SpaceHandOver(move.space(), move.from(), move.to()));
    } catch (StorageException failure) {
      // The space can be used. It counts twice for its owner until someone finds it so.
      LOG.log(
          Level.WARNING,
          "Space {0} has moved, and still counts in database {1} as well: {2}",
          move.space(),
          move.from(),
          failure.getMessage());
    }
  }

  /**
   * Ends the moves of spaces that have left a database, and has them count for their owners only
   * where they are.
   */
  void settle(Collection<SpaceId> spaces, Database left) {
    lookAgain(spaces);
    for (SpaceId space : spaces) {
      Database home = of(space);
      if (home != left) {
        handOver(new SpaceHandOver(space, left.number(), home.number()));
      }
    }
  }

  private void handOver(SpaceHandOver move) {
    int seconds = Math.toIntExact(first().statementTimeout().toSeconds());
    Database old = database(move.from());
    Optional<String> owner = old.run("find owner", connection -> move.owner(connection, seconds));
    if (owner.isPresent()) {
      long number =
          first()
              .run("hand over space", connection -> move.number(connection, owner.get(), seconds));
      boolean unused =
          old.run(
              "release space",
              connection -> {
                move.release(connection, number, seconds);
                return true;
              });
    }
  }

  /** Learns where many spaces are, with one statement. */
  void learn(Collection<SpaceId> spaces) {
    List<SpaceId> unknown =
        spaces.stream().distinct().filter(space -> known.getIfPresent(space) == null).toList();
    if (!unknown.isEmpty()) {
      ask(unknown);
    }
  }

  private Map<SpaceId, Integer> ask(List<SpaceId> spaces) {
    Map<SpaceId, Integer> found =
        first()
            .run(
                "find shards",
                connection -> {
                  try (PreparedStatement select = first().statement(connection, FIND)) {
                    select.setArray(
                        1,
                        connection.createArrayOf(
                            "uuid", spaces.stream().map(SpaceId::value).toArray()));
                    Map<SpaceId, Integer> shards = HashMap.newHashMap(spaces.size());
                    try (ResultSet rows = select.executeQuery()) {
                      while (rows.next()) {
                        shards.put(new SpaceId(Database.uuid(rows, 1)), rows.getInt(2));
                      }
                    }
                    return shards;
                  }
                });
    known.putAll(found);
    return found;
  }

  /** The database of a space that is about to be made there if it does not exist. */
  Database ofNew(SpaceId space) {
    Integer shard = known.getIfPresent(space);
    if (shard != null) {
      return database(shard);
    }
    int placed =
        first()
            .run(
                "place space",
                connection -> {
                  try (PreparedStatement place = first().statement(connection, PLACE)) {
                    place.setObject(1, space.value());
                    place.setInt(2, ShardChoice.of(space, weights));
                    try (ResultSet row = place.executeQuery()) {
                      row.next();
                      return row.getInt(1);
                    }
                  }
                });
    known.put(space, placed);
    return database(placed);
  }

  private Database first() {
    return databases.getFirst();
  }

  /** Nodes whose lists are longer, because a database is being added, may have placed a space. */
  private Database database(int shard) {
    if (shard > databases.size()) {
      throw new StorageException(
          "find shards failed",
          new IllegalStateException("a space is in database " + shard + ", which is not named"));
    }
    return databases.get(shard - 1);
  }
}
