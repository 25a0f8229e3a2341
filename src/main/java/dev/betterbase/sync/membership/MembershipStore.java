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
import jakarta.persistence.TypedQuery;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The membership logs (storage.md, table members). A log is read through JPA, in a transaction of
 * the container; appending to it is one call of a database function, which takes the lock of the
 * space.
 */
@Stateless
public class MembershipStore {
  private static final String APPEND =
      "select code, chain_seq, metadata_version, at_cursor"
          + " from append_member(?, ?, ?, ?, ?, ?, ?, ?, ?)";
  // Hibernate has an octet_length of its own, for strings only: hence the schema.
  private static final String SIZES =
      "select m.chainSeq, FUNCTION('pg_catalog.octet_length', m.payload) from MemberEntity m"
          + " where m.spaceId = :space and m.cursor <= :cursor";
  private static final String FIRST_SIZES = SIZES + " and m.chainSeq > :since order by m.chainSeq";
  private static final String LAST_SIZES = SIZES + " order by m.chainSeq desc";
  private static final String ENTRIES =
      "select new dev.betterbase.sync.space.MembershipEntry("
          + "m.chainSeq, m.prevHash, m.entryHash, m.payload) from MemberEntity m"
          + " where m.spaceId = :space and m.chainSeq between :first and :last"
          + " order by m.chainSeq";

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
  public List<MembershipEntry> list(
      Space space, @Nullable Integer sinceSeq, int maxBytes, int entryBytes) {
    return entities.run(
        "list members",
        session -> {
          int[] page = fitting(sizes(session, space, sinceSeq, maxBytes, entryBytes), maxBytes);
          return page.length == 0
              ? List.of()
              : session
                  .query(ENTRIES, MembershipEntry.class)
                  .setParameter("space", space.id().value())
                  .setParameter("first", Arrays.stream(page).min().orElseThrow())
                  .setParameter("last", Arrays.stream(page).max().orElseThrow())
                  .getResultList();
        });
  }

  /**
   * The sizes of the entries that may fit, from the first on or from the last back. Payloads may
   * have a megabyte: those that do not fit are never read.
   */
  private static List<Size> sizes(
      Entities.Session session,
      Space space,
      @Nullable Integer sinceSeq,
      int maxBytes,
      int entryBytes) {
    TypedQuery<Object[]> query =
        session
            .query(sinceSeq == null ? LAST_SIZES : FIRST_SIZES, Object[].class)
            .setParameter("space", space.id().value())
            .setParameter("cursor", space.cursor())
            .setMaxResults(1 + maxBytes / entryBytes);
    if (sinceSeq != null) {
      query.setParameter("since", sinceSeq);
    }
    return query
        .getResultStream()
        .map(row -> new Size((Integer) row[0], entryBytes + ((Number) row[1]).longValue()))
        .toList();
  }

  /** The numbers of the entries that fit together. */
  private static int[] fitting(List<Size> sizes, int maxBytes) {
    long bytes = 0;
    int count = 0;
    for (Size each : sizes) {
      bytes += each.bytes();
      if (bytes > maxBytes && count > 0) {
        break;
      }
      count++;
    }
    return sizes.stream().limit(count).mapToInt(Size::chainSeq).toArray();
  }

  private record Size(int chainSeq, long bytes) {}
}
