package dev.betterbase.sync.membership;

import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The membership logs (storage.md, table members). Each method is one call of one function in the
 * database (R__membership.sql), which commits by itself: outside JTA, which would add two round
 * trips.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class MembershipStore {
  private static final String APPEND =
      "select code, chain_seq, metadata_version, at_cursor"
          + " from append_member(?, ?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String LIST =
      "select code, metadata_version, chain_seq, prev_hash, entry_hash, payload"
          + " from list_members(?, ?, ?, ?, ?, ?)";

  @Inject private Database database;

  /** For the container. */
  public MembershipStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  MembershipStore(Database database) {
    this.database = database;
  }

  /**
   * An entry that is to be appended.
   *
   * @param expectedVersion the space's metadata version as the caller knows it
   * @param prevHash the hash of the last entry as the caller knows it; null where there is none
   * @param entryHash SHA-256 of the payload
   * @param payload not empty
   */
  public record Addition(
      int expectedVersion, byte @Nullable [] prevHash, byte[] entryHash, byte[] payload) {}

  /** What became of an addition. */
  public sealed interface AppendOutcome {
    /**
     * It is in the log.
     *
     * @param chainSeq its number
     * @param metadataVersion the space's, after it
     * @param cursor under which it stands
     */
    record Appended(int chainSeq, int metadataVersion, long cursor) implements AppendOutcome {}

    /** Another entry was first. */
    record Conflict() implements AppendOutcome {}

    /** The person has appended as often as may be. */
    record RateLimited() implements AppendOutcome {}
  }

  /**
   * A part of a log, in its order.
   *
   * @param metadataVersion the space's, with just these entries
   */
  public record Page(List<MembershipEntry> entries, int metadataVersion) {
    public Page {
      entries = List.copyOf(entries);
    }
  }

  /**
   * Appends an entry under the space's next cursor.
   *
   * @param allowance where the caller is limited by person
   */
  public Entry<AppendOutcome> append(
      Access access, Addition addition, Optional<Allowance> allowance) {
    return database.run(
        "append member",
        connection -> {
          try (PreparedStatement append = Database.prepare(connection, APPEND)) {
            access.bind(append, 1);
            append.setInt(4, addition.expectedVersion());
            append.setBytes(5, addition.prevHash());
            append.setBytes(6, addition.entryHash());
            append.setBytes(7, addition.payload());
            if (allowance.isPresent()) {
              allowance.get().bind(append, 8);
            } else {
              Allowance.bindNone(append, 8);
            }
            try (ResultSet row = append.executeQuery()) {
              row.next();
              return Entry.of(row, MembershipStore::outcome);
            }
          }
        });
  }

  private static AppendOutcome outcome(String code, ResultSet row) throws SQLException {
    return switch (code) {
      case "appended" -> new AppendOutcome.Appended(row.getInt(2), row.getInt(3), row.getLong(4));
      case "conflict" -> new AppendOutcome.Conflict();
      case "rate_limited" -> new AppendOutcome.RateLimited();
      default -> throw new IllegalStateException("append_member answered " + code);
    };
  }

  /**
   * Reads a part of a log.
   *
   * @param sinceSeq the first entries behind this number; null: the last ones of all
   * @param maxBytes how much fits, though a single entry always does
   * @param entryBytes what an entry counts for beside its payload
   */
  public Entry<Page> list(Access access, @Nullable Integer sinceSeq, int maxBytes, int entryBytes) {
    return database.run(
        "list members",
        connection -> {
          try (PreparedStatement list = Database.prepare(connection, LIST)) {
            access.bind(list, 1);
            list.setObject(4, sinceSeq, java.sql.Types.INTEGER);
            list.setInt(5, maxBytes);
            list.setInt(6, entryBytes);
            try (ResultSet rows = list.executeQuery()) {
              rows.next();
              return Entry.of(rows, (code, first) -> page(first));
            }
          }
        });
  }

  private static Page page(ResultSet rows) throws SQLException {
    int version = rows.getInt(2);
    var entries = new ArrayList<MembershipEntry>();
    do {
      int chainSeq = rows.getInt(3);
      // An empty log is a row without an entry.
      if (chainSeq != 0) {
        entries.add(
            new MembershipEntry(chainSeq, rows.getBytes(4), rows.getBytes(5), rows.getBytes(6)));
      }
    } while (rows.next());
    return new Page(entries, version);
  }
}
