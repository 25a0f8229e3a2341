package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.storage.Database;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/**
 * What was counted of whom (storage.md, table rate_limit_actions). Each method is one statement; to
 * count is the business of the functions that do what is counted ({@code count_action},
 * R__rate_limit.sql).
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class RateLimitStore {
  /** No more are counted than matter. */
  private static final String COUNT =
      """
      select count(*) from (
        select from rate_limit_actions
         where action = ? and actor_hash = cast(? as character(64))
           and created_at > now() - interval '1 hour' limit ?) as counted
      """;

  private static final String RECORD = "select count_action(?, ?, ?)";

  private static final String PURGE =
      """
      delete from rate_limit_actions where ctid = any (array(
        select ctid from rate_limit_actions where created_at <= now() - interval '1 hour' limit ?))
      """;

  @Inject private Database database;

  /** For the container. */
  public RateLimitStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  RateLimitStore(Database database) {
    this.database = database;
  }

  /** How often somebody did it in the last hour, as far as a number. */
  public int count(LimitedAction action, String actor, int upTo) {
    return database.run(
        "count actions",
        connection -> {
          try (PreparedStatement count = Database.prepare(connection, COUNT)) {
            count.setString(1, action.stored());
            count.setString(2, actor);
            count.setInt(3, upTo);
            try (ResultSet row = count.executeQuery()) {
              row.next();
              return row.getInt(1);
            }
          }
        });
  }

  /** Counts what was done on another server, where no function of this database could count it. */
  public void record(Allowance allowance) {
    database.run(
        "count action",
        connection -> {
          try (PreparedStatement record = Database.prepare(connection, RECORD)) {
            record.setString(1, allowance.action().stored());
            allowance.bind(record, 2);
            return record.execute();
          }
        });
  }

  /**
   * Deletes rows that no longer count.
   *
   * @param atMost so many of them
   * @return how many
   */
  public int purge(int atMost) {
    return database.run(
        "purge actions",
        connection -> {
          try (PreparedStatement purge = Database.prepare(connection, PURGE)) {
            purge.setInt(1, atMost);
            return purge.executeUpdate();
          }
        });
  }
}
