package dev.betterbase.sync.membership;

import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.space.Space;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The membership logs (storage.md, table members). A log is read with one query that needs no
 * transaction: every client waits for it when it connects. Appending to it is one call of a
 * database function, which takes the lock of the space.
 */
@Stateless
public class MembershipStore {
  private static final String APPEND =
      "select code, chain_seq, metadata_version, at_cursor"
          + " from append_member(?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String COUNT = "select count_action('membership_append', ?, ?)";

  /**
   * Entries whose payloads fit together, or the first alone. Payloads may have a megabyte: the
   * length of one that is stored out of line is known without reading it, and those that do not fit
   * are never read.
   */
  private static final String ENTRIES =
      """
      select chain_seq, prev_hash, entry_hash, payload
        from (select m.*, row_number() over log as number,
                     sum(? + octet_length(m.payload)) over log as bytes
                from (select chain_seq, prev_hash, entry_hash, payload
                        from members
                       where space_id = (
                               select s.id from spaces s where s.id = ? and is_here(s.elsewhere))
                         and cursor <= ? and chain_seq > ?
                       order by chain_seq %1$s
                       limit ?) as m
              window log as (order by m.chain_seq %1$s rows unbounded preceding)) as counted
       where number = 1 or bytes <= ?
       order by chain_seq
      """;

  private static final String FIRST_ENTRIES = ENTRIES.formatted("asc");
  private static final String LAST_ENTRIES = ENTRIES.formatted("desc");

  @Inject private Database database;

  /** For the container. */
  public MembershipStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  MembershipStore(Database database) {
    this.database = database;
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
   * <p>Actions are counted in the first database. If the space is in another one, they are counted
   * while the append can still be taken back, so what fails does not count.
   *
   * @param allowance the caller's rate limit; empty if the caller has none
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Entry<AppendOutcome> append(
      Access access, Addition addition, Optional<Allowance> allowance) {
    return access.in(
        database,
        in ->
            in.run(
                "append member",
                connection ->
                    in.isFirst() || allowance.isEmpty()
                        ? append(in, connection, access, addition, allowance)
                        : appendCounted(in, connection, access, addition, allowance.get())));
  }

  /**
   * Appends in another database than the first. No holder of the lock of the count waits for the
   * lock of a space, so there is no deadlock.
   */
  private Entry<AppendOutcome> appendCounted(
      Database in, Connection connection, Access access, Addition addition, Allowance allowance)
      throws SQLException {
    return Database.inTransaction(
        connection,
        () -> {
          Entry<AppendOutcome> entry = append(in, connection, access, addition, Optional.empty());
          if (entry instanceof Entry.Entered<AppendOutcome>(AppendOutcome.Appended appended)
              && !count(allowance)) {
            connection.rollback();
            return new Entry.Entered<>(new AppendOutcome.RateLimited());
          }
          return entry;
        });
  }

  /** Returns false if the person has appended as many entries as the limit allows. */
  private boolean count(Allowance allowance) {
    return database.run(
        "count action",
        connection -> {
          try (PreparedStatement count = database.statement(connection, COUNT)) {
            allowance.bind(count, 1);
            try (ResultSet row = count.executeQuery()) {
              row.next();
              return row.getBoolean(1);
            }
          }
        });
  }

  private static Entry<AppendOutcome> append(
      Database in,
      Connection connection,
      Access access,
      Addition addition,
      Optional<Allowance> allowance)
      throws SQLException {
    try (PreparedStatement append = in.statement(connection, APPEND)) {
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
    String sql = sinceSeq == null ? LAST_ENTRIES : FIRST_ENTRIES;
    return database.in(
        space.id(),
        false,
        in ->
            in.run(
                "list members",
                connection -> {
                  try (PreparedStatement select = database.statement(connection, sql)) {
                    select.setInt(1, entryBytes);
                    select.setObject(2, space.id().value());
                    select.setLong(3, space.cursor());
                    select.setInt(4, sinceSeq == null ? 0 : sinceSeq);
                    select.setInt(5, 1 + maxBytes / entryBytes);
                    select.setInt(6, maxBytes);
                    List<MembershipEntry> entries = new ArrayList<>();
                    try (ResultSet rows = select.executeQuery()) {
                      while (rows.next()) {
                        entries.add(
                            new MembershipEntry(
                                rows.getInt(1),
                                rows.getBytes(2),
                                rows.getBytes(3),
                                rows.getBytes(4)));
                      }
                    }
                    return entries;
                  }
                }));
  }
}
