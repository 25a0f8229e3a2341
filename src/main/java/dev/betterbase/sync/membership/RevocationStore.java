package dev.betterbase.sync.membership;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceStore.Many;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.ShardCalls;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The UCANs that are revoked (storage.md, table revocations). Every statement that works under a
 * chain asks by itself whether the chain is revoked (the function {@code refusal}).
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class RevocationStore {
  private static final String REVOKE = "select revoke_ucan(?, ?, ?, ?)";

  /** A space that has moved leaves no revocations behind, so the move must be noticed. */
  private static final String HERE =
      "(select array_agg(id) from spaces where id = any (?) and is_here(elsewhere))::uuid[]";

  private static final String LATEST =
      """
      select space_id, max(revoked_at) from revocations
       where space_id = any (%s) group by space_id
      """
          .formatted(HERE);
  private static final String RECENT =
      """
      select space_id, ucan_cid from revocations
       where space_id = any (%s) and revoked_at > now() - make_interval(secs => ?)
      """
          .formatted(HERE);

  @Inject private Database database;
  @Inject private ShardCalls shards;

  /** For the container. */
  public RevocationStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  RevocationStore(Database database) {
    this.database = database;
    this.shards = new ShardCalls(database);
  }

  /**
   * A revoked UCAN.
   *
   * @param cid 64 lower-case hex digits
   */
  public record Revocation(SpaceId space, String cid) {}

  /**
   * Revokes a UCAN under the lock of the space: calls that rely on it and have not finished by then
   * are refused. A revocation is final.
   *
   * @param cid 64 lower-case hex digits
   */
  public Entry<Revocation> revoke(Access access, String cid) {
    return access.run(
        database,
        "revoke",
        connection -> {
          try (PreparedStatement revoke = database.statement(connection, REVOKE)) {
            access.bind(revoke, 1);
            revoke.setString(4, cid);
            try (ResultSet row = revoke.executeQuery()) {
              row.next();
              return Entry.of(row, (code, revoked) -> new Revocation(access.space(), cid));
            }
          }
        });
  }

  /**
   * Reads the time of the last revocation in each of these spaces. Those without one are not found.
   */
  public Many<Instant> latest(Collection<SpaceId> spaces) {
    return Many.of(shards.ask(spaces, this::latest));
  }

  private Map<SpaceId, Instant> latest(Database in, Collection<SpaceId> spaces) {
    return in.run(
        "read latest revocations",
        connection -> {
          try (PreparedStatement select = database.statement(connection, LATEST)) {
            select.setArray(
                1, connection.createArrayOf("uuid", spaces.stream().map(SpaceId::value).toArray()));
            Map<SpaceId, Instant> latest = HashMap.newHashMap(spaces.size());
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                latest.put(
                    new SpaceId(Database.uuid(rows, 1)),
                    rows.getObject(2, OffsetDateTime.class).toInstant());
              }
            }
            return latest;
          }
        });
  }

  /**
   * The revocations that were read.
   *
   * @param complete whether all databases have answered
   */
  public record Recent(List<Revocation> revocations, boolean complete) {}

  /** Reads the revocations in these spaces that are not older than this by the database's clock. */
  public Recent recent(Collection<SpaceId> spaces, Duration age) {
    List<Revocation> revocations = new ArrayList<>();
    boolean complete = true;
    for (ShardCalls.Answer<SpaceId, List<Revocation>> answer :
        shards.ask(spaces, (in, some) -> recent(in, some, age))) {
      switch (answer) {
        case ShardCalls.Answer.Answered<SpaceId, List<Revocation>>(
                List<SpaceId> unused,
                List<Revocation> read) ->
            revocations.addAll(read);
        case ShardCalls.Answer.Away<SpaceId, List<Revocation>> unused -> complete = false;
      }
    }
    return new Recent(revocations, complete);
  }

  private List<Revocation> recent(Database in, Collection<SpaceId> spaces, Duration age) {
    return in.run(
        "read revocations",
        connection -> {
          try (PreparedStatement select = database.statement(connection, RECENT)) {
            select.setArray(
                1, connection.createArrayOf("uuid", spaces.stream().map(SpaceId::value).toArray()));
            select.setDouble(2, age.toMillis() / 1e3);
            var recent = new ArrayList<Revocation>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                recent.add(new Revocation(new SpaceId(Database.uuid(rows, 1)), rows.getString(2)));
              }
            }
            return recent;
          }
        });
  }
}
