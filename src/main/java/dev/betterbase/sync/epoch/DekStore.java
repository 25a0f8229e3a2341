package dev.betterbase.sync.epoch;

import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The DEKs of records and files, in bulk. They are here and not with their owners, because the two
 * tables take the same statements (R__dek.sql), each of which commits by itself.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class DekStore {
  private static final String BATCH =
      "select id, wrapped_dek, cursor from dek_batch(cast(? as regclass), ?, ?, ?, ?, ?, ?, ?)";
  private static final String REWRAP =
      "select code, live from rewrap_deks(cast(? as regclass), ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final UUID LAST_ID = new UUID(-1, -1);

  @Inject private Database database;

  /** For the container. */
  public DekStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  DekStore(Database database) {
    this.database = database;
  }

  /**
   * A DEK that was read.
   *
   * @param cursor the cursor of its owner's last write
   */
  public record Read(UUID id, byte[] dek, long cursor) {}

  /**
   * The progress of a reading: everything up to this key was read, in the order of the database.
   *
   * @param cursor all smaller cursors were read completely
   * @param id the last id that was read at that cursor
   */
  public record Position(long cursor, UUID id) {
    /** After everything up to a cursor. */
    static Position since(long cursor) {
      return new Position(cursor, LAST_ID);
    }
  }

  /**
   * Reads DEKs of live records or files.
   *
   * @param after the place to start behind
   * @param upTo the highest cursor that is read
   * @param atMost the greatest number of DEKs
   * @return the DEKs, ordered by cursor and id, or that the caller may not enter the space
   */
  public Entry<List<Read>> batch(
      Access access, DekOwner owner, Position after, long upTo, int atMost) {
    return access.run(
        database,
        "read DEKs",
        connection -> {
          try (PreparedStatement select = database.statement(connection, BATCH)) {
            select.setString(1, owner.table());
            access.bind(select, 2);
            select.setLong(5, after.cursor());
            select.setObject(6, after.id());
            select.setLong(7, upTo);
            select.setInt(8, atMost);
            try (ResultSet rows = select.executeQuery()) {
              return read(rows);
            }
          }
        });
  }

  private static Entry<List<Read>> read(ResultSet rows) throws SQLException {
    var deks = new ArrayList<Read>();
    while (rows.next()) {
      if (rows.getObject(1) == null) {
        return new Entry.Forbidden<>();
      }
      deks.add(new Read(Database.uuid(rows, 1), rows.getBytes(2), rows.getLong(3)));
    }
    return new Entry.Entered<>(deks);
  }

  /** The outcome of a rewrap. */
  public sealed interface RewrapOutcome {
    /**
     * The DEKs were replaced.
     *
     * @param count the number of ids that are not tombstones
     */
    record Rewrapped(int count) implements RewrapOutcome {}

    /** A DEK's epoch is not the space's key generation. */
    record OtherEpoch() implements RewrapOutcome {}

    /** There is no record (or file) of one of the ids. */
    record Unknown() implements RewrapOutcome {}

    /** A row was written after the caller read the DEKs. */
    record Changed() implements RewrapOutcome {}
  }

  /**
   * Replaces all of the DEKs, or none. Cursors do not change.
   *
   * @param deks DEKs of different owners
   * @param readAt the space's cursor when the caller read the DEKs; empty if it did not
   */
  public Entry<RewrapOutcome> rewrap(
      Access access, DekOwner owner, Collection<Rewrap> deks, OptionalLong readAt) {
    return access.run(
        database,
        "rewrap DEKs",
        connection -> {
          try (PreparedStatement rewrap = database.statement(connection, REWRAP)) {
            rewrap.setString(1, owner.table());
            access.bind(rewrap, 2);
            bind(connection, rewrap, deks);
            rewrap.setObject(9, readAt.isPresent() ? readAt.getAsLong() : null, Types.BIGINT);
            try (ResultSet row = rewrap.executeQuery()) {
              row.next();
              return Entry.of(row, DekStore::outcome);
            }
          }
        });
  }

  private static void bind(Connection connection, PreparedStatement rewrap, Collection<Rewrap> deks)
      throws SQLException {
    Object[] ids = new Object[deks.size()];
    byte[][] wrapped = new byte[deks.size()][];
    int lowest = Integer.MAX_VALUE;
    int highest = Integer.MIN_VALUE;
    int i = 0;
    for (Rewrap each : deks) {
      ids[i] = each.id();
      wrapped[i++] = each.dek().bytes();
      lowest = Math.min(lowest, each.dek().epoch());
      highest = Math.max(highest, each.dek().epoch());
    }
    rewrap.setArray(5, connection.createArrayOf("uuid", ids));
    rewrap.setArray(6, connection.createArrayOf("bytea", wrapped));
    rewrap.setInt(7, lowest);
    rewrap.setInt(8, highest);
  }

  private static RewrapOutcome outcome(String code, ResultSet row) throws SQLException {
    return switch (code) {
      case "rewrapped" -> new RewrapOutcome.Rewrapped(row.getInt(2));
      case "other_epoch" -> new RewrapOutcome.OtherEpoch();
      case "unknown" -> new RewrapOutcome.Unknown();
      case "changed" -> new RewrapOutcome.Changed();
      default -> throw new IllegalStateException("rewrap_deks answered " + code);
    };
  }
}
