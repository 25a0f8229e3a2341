package dev.betterbase.sync.membership;

import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.space.Space;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.Entry;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The membership logs (storage.md, table members). A log is read through JPA, with one query that
 * needs no transaction: every client waits for it when it connects. Appending to it is one call of
 * a database function, which takes the lock of the space.
 */
@Stateless
public class MembershipStore {
  private static final String APPEND =
      "select code, chain_seq, metadata_version, at_cursor"
          + " from append_member(?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /**
   * Entries whose payloads fit together, or the first alone. JPQL has no window functions. Payloads
   * may have a megabyte: the length of one that is stored out of line is known without reading it,
   * and those that do not fit are never read.
   */
  private static final String ENTRIES =
      """
      select chain_seq, prev_hash, entry_hash, payload
        from (select m.*, row_number() over log as number,
                     sum(?4 + octet_length(m.payload)) over log as bytes
                from (select chain_seq, prev_hash, entry_hash, payload
                        from members
                       where space_id = ?1 and cursor <= ?2 and chain_seq > ?3
                       order by chain_seq %1$s
                       limit ?5) as m
              window log as (order by m.chain_seq %1$s rows unbounded preceding)) as counted
       where number = 1 or bytes <= ?6
       order by chain_seq
      """;

  private static final String FIRST_ENTRIES = ENTRIES.formatted("asc");
  private static final String LAST_ENTRIES = ENTRIES.formatted("desc");

  @Inject private Database database;
  @Inject private Entities entities;

  /** For the container. */
  public MembershipStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  MembershipStore(Database database, Entities entities) {
    this.database = database;
    this.entities = entities;
  }

  /**
   * An entry to append.
   *
   * @param expectedVersion the metadata version of the space, as the caller knows it
   * @param prevHash the hash of the last entry, as the caller knows it; null if the log is empty
   * @param entryHash SHA-256 of the payload
   * @param payload not empty
   */
  public record Addition(
      int expectedVersion, byte @Nullable [] prevHash, byte[] entryHash, byte[] payload) {}

  /** The result of appending an entry. */
  public sealed interface AppendOutcome {
    /**
     * The entry is in the log.
     *
     * @param chainSeq the number of the entry
     * @param metadataVersion the new metadata version of the space
     * @param cursor the cursor of the entry
     */
    record Appended(int chainSeq, int metadataVersion, long cursor) implements AppendOutcome {}

    /** Another entry was appended first. */
    record Conflict() implements AppendOutcome {}

    /** The caller has appended as many entries as the limit allows. */
    record RateLimited() implements AppendOutcome {}
  }

  /**
   * Appends an entry under the next cursor of the space.
   *
   * @param allowance the caller's rate limit; empty if the caller has none
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Entry<AppendOutcome> append(
      Access access, Addition addition, Optional<Allowance> allowance) {
    return database.run(
        "append member",
        connection -> {
          try (PreparedStatement append = database.statement(connection, APPEND)) {
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
   * Reads a part of the log of a space, in its order: the entries that {@code space} counts, even
   * if others have been appended since.
   *
   * @param sinceSeq the number of the entry that the first one follows; null for the end of the log
   * @param maxBytes the greatest number of bytes; a single entry may exceed it
   * @param entryBytes the bytes that an entry counts for beside its payload
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public List<MembershipEntry> list(
      Space space, @Nullable Integer sinceSeq, int maxBytes, int entryBytes) {
    return entities.run(
        "list members",
        session -> {
          List<?> rows =
              session
                  .sql(sinceSeq == null ? LAST_ENTRIES : FIRST_ENTRIES)
                  .setParameter(1, space.id().value())
                  .setParameter(2, space.cursor())
                  .setParameter(3, sinceSeq == null ? 0 : sinceSeq)
                  .setParameter(4, entryBytes)
                  .setParameter(5, 1 + maxBytes / entryBytes)
                  .setParameter(6, maxBytes)
                  .getResultList();
          return rows.stream().map(row -> entry((Object[]) row)).toList();
        });
  }

  private static MembershipEntry entry(Object[] row) {
    return new MembershipEntry((Integer) row[0], (byte[]) row[1], (byte[]) row[2], (byte[]) row[3]);
  }
}
