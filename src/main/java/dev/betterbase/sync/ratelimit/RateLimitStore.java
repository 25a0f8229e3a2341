package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;

/**
 * The actions counted for each person (storage.md, table rate_limit_actions). An action of this
 * server is counted by the database function that performs it, in the same transaction. All methods
 * throw {@link StorageException}.
 */
@Stateless
public class RateLimitStore {
  // A string is bound as varchar. Compared with that, the index on char(64) would not be used.
  private static final String COUNT =
      "select count(a.action) from RateLimitActionEntity a where a.action = :action"
          + " and a.actorHash = FUNCTION('bpchar', :actor)"
          // By the database's clock, like the function that counts. An action of the distant future
          // was counted before that clock was set back.
          + " and a.createdAt > FUNCTION('timestamptz_mi_interval', CURRENT_TIMESTAMP,"
          + " FUNCTION('make_interval', 0, 0, 0, 0, 1))"
          + " and a.createdAt < FUNCTION('timestamptz_pl_interval', CURRENT_TIMESTAMP,"
          + " FUNCTION('make_interval', 0, 0, 0, 0, 1))";

  private static final String RECORD = "select count_action(?, ?, ?)";

  private static final String PURGE =
      """
      delete from rate_limit_actions where ctid = any (array(
        select ctid from rate_limit_actions
        where created_at <= now() - interval '1 hour' or created_at >= now() + interval '1 hour'
        limit ?))
      """;

  @Inject private Database database;
  @Inject private Entities entities;

  /** For the container. */
  public RateLimitStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  RateLimitStore(Database database, Entities entities) {
    this.database = database;
    this.entities = entities;
  }

  /** Returns how often a person performed an action in the last hour. */
  public long count(LimitedAction action, String actor) {
    return entities.run(
        "count actions",
        session ->
            session
                .query(COUNT, Long.class)
                .setParameter("action", action.stored())
                .setParameter("actor", actor)
                .getSingleResult());
  }

  /** Counts an action that another server performed, if this database could not count it. */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public void record(Allowance allowance) {
    database.run(
        "count action",
        connection -> {
          try (PreparedStatement record = database.statement(connection, RECORD)) {
            record.setString(1, allowance.action().stored());
            allowance.bind(record, 2);
            return record.execute();
          }
        });
  }

  /**
   * Deletes actions that no longer count.
   *
   * @param atMost the greatest number of rows to delete
   * @return the number of rows deleted
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public int purge(int atMost) {
    return database.run(
        "purge actions",
        connection -> {
          try (PreparedStatement purge = database.statement(connection, PURGE)) {
            purge.setInt(1, atMost);
            return purge.executeUpdate();
          }
        });
  }
}
