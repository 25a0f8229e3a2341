package dev.betterbase.sync.quota;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Counts the shared spaces that a person has created, where spaces are spread over several
 * databases: in the first, before a space is created in its own. A creation that fails, and a space
 * that is deleted, count until the person creates one space too many. Then those that do not exist
 * are forgotten.
 */
@ApplicationScoped
public class PersonSpaces {
  private static final String COUNT = "select code, used from count_space(?, ?, ?)";

  /** A creation may still be on its way if it was counted later. */
  private static final String OLD =
      " p.owner_hash = cast(? as char(64)) and p.since < now() - make_interval(secs => ?)";

  private static final String COUNTED =
      "select p.id, coalesce(d.shard, 1) from person_spaces p"
          + " left join space_shards d on d.space_id = p.id where"
          + OLD;

  private static final String EXISTING =
      "select id from spaces where id = any (?) and owner_hash = cast(? as char(64))";

  private static final String FORGET =
      "delete from person_spaces p where" + OLD + " and p.id = any (?)";

  /** Beside its statements, for the connections. */
  private static final Duration CREATION = Duration.ofMinutes(10);

  private static final int STATEMENTS = 4;

  @Inject private Database database;

  /** For the container. */
  public PersonSpaces() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public PersonSpaces(Database database) {
    this.database = database;
  }

  /**
   * The outcome of the count.
   *
   * @param isNew false if the space was counted before, or the quota forbids it
   * @param exceeded the quota, if it forbids the space
   */
  public record Count(boolean isNew, Optional<Exceeded> exceeded) {}

  /**
   * Counts a space that is about to be created.
   *
   * @param quota names a person
   * @throws StorageException if a database fails, or the quota forbids the space and a database is
   *     away that may not have all spaces that count
   */
  public Count count(SpaceId space, StorageQuota quota) {
    Count count = countOnce(space, quota);
    return count.exceeded().isPresent() && forgetMissing(quota.person().orElseThrow())
        ? countOnce(space, quota)
        : count;
  }

  private Count countOnce(SpaceId space, StorageQuota quota) {
    return database.run(
        "count space",
        connection -> {
          try (PreparedStatement count = database.statement(connection, COUNT)) {
            count.setObject(1, space.value());
            quota.bindSpaces(count, 2);
            try (ResultSet row = count.executeQuery()) {
              row.next();
              return switch (row.getString(1)) {
                case "counted" -> new Count(true, Optional.empty());
                case "known" -> new Count(false, Optional.empty());
                case "quota_exceeded" ->
                    new Count(
                        false,
                        Optional.of(
                            new Exceeded(quota.personSpaces().orElseThrow(), row.getLong(2))));
                default -> throw new IllegalStateException("count_space: " + row.getString(1));
              };
            }
          }
        });
  }

  /** Takes back the count of a space that was not created, because its id was taken. */
  public void forget(SpaceId space, StorageQuota quota) {
    forget(quota.person().orElseThrow(), Set.of(space.value()), 0);
  }

  /** Forgets spaces that do not exist. Returns whether there were some. */
  private boolean forgetMissing(String person) {
    int age =
        Math.toIntExact(
            database.statementTimeout().multipliedBy(STATEMENTS).plus(CREATION).toSeconds());
    Set<UUID> missing = new HashSet<>();
    StorageException failure = null;
    for (Map.Entry<Integer, Set<UUID>> each : counted(person, age).entrySet()) {
      Database in = database.all().get(each.getKey() - 1);
      try {
        missing.addAll(each.getValue());
        missing.removeAll(existing(in, each.getValue(), person));
      } catch (StorageException away) {
        missing.removeAll(each.getValue());
        if (in.isFirst()) {
          throw away;
        }
        failure = away;
      }
    }
    if (missing.isEmpty() && failure != null) {
      throw failure;
    }
    forget(person, missing, age);
    return !missing.isEmpty();
  }

  /** The spaces that count, by their database. */
  private Map<Integer, Set<UUID>> counted(String person, int age) {
    return database.run(
        "find counted spaces",
        connection -> {
          try (PreparedStatement select = database.statement(connection, COUNTED)) {
            select.setString(1, person);
            select.setInt(2, age);
            Map<Integer, Set<UUID>> counted = new HashMap<>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                counted
                    .computeIfAbsent(rows.getInt(2), shard -> new HashSet<>())
                    .add(Database.uuid(rows, 1));
              }
            }
            return counted;
          }
        });
  }

  private static Set<UUID> existing(Database in, Set<UUID> spaces, String person) {
    return in.run(
        "find counted spaces",
        connection -> {
          Array ids = connection.createArrayOf("uuid", spaces.toArray());
          try (PreparedStatement select = in.statement(connection, EXISTING)) {
            select.setArray(1, ids);
            select.setString(2, person);
            Set<UUID> existing = new HashSet<>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                existing.add(Database.uuid(rows, 1));
              }
            }
            return existing;
          }
        });
  }

  private void forget(String person, Set<UUID> spaces, int age) {
    int unused =
        database.run(
            "forget spaces",
            connection -> {
              Array ids = connection.createArrayOf("uuid", spaces.toArray());
              try (PreparedStatement delete = database.statement(connection, FORGET)) {
                delete.setString(1, person);
                delete.setInt(2, age);
                delete.setArray(3, ids);
                return delete.executeUpdate();
              }
            });
  }
}
