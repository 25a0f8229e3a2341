package dev.betterbase.sync.invitation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import jakarta.persistence.TypedQuery;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The invitations (storage.md, table invitations). People's own mailboxes are read and changed
 * through JPA; creating an invitation is one call of a database function, which counts and locks.
 * All methods throw {@link StorageException}.
 */
@Stateless
public class InvitationStore {
  // A string is bound as varchar. Compared with that, the index on char(64) would not be used.
  private static final String IN_MAILBOX =
      " where i.mailboxId = FUNCTION('bpchar', :mailbox) and i.expiresAt > CURRENT_TIMESTAMP";

  private static final String SELECT =
      "select new dev.betterbase.sync.invitation.Invitation("
          + "i.id, i.payload, i.createdAt, i.expiresAt) from InvitationEntity i"
          + IN_MAILBOX;
  private static final String BY_ID = " and i.id = :id";
  private static final String AFTER =
      " and (i.createdAt > :time or i.createdAt = :time and i.id > :id)";
  private static final String OLDEST_FIRST = " order by i.createdAt, i.id";

  private static final String CREATED_AT =
      "select i.createdAt from InvitationEntity i" + IN_MAILBOX + BY_ID;
  private static final String DELETE = "delete from InvitationEntity i" + IN_MAILBOX + BY_ID;

  private static final String CREATE =
      "select code, id, created, expires from create_invitation(?, ?, ?, ?, ?)";
  private static final String PURGE =
      """
      delete from invitations where id = any (array(
        select id from invitations where expires_at <= now() limit ?))
      """;

  /** The most unexpired invitations in a mailbox. */
  static final int MAILBOX_HOLDS = 1_000;

  /** Invitations read at a time: as many of the longest as a frame holds. */
  private static final int READ_AT_ONCE = 32;

  @Inject private Database database;
  @Inject private Entities entities;

  /** For the container. */
  public InvitationStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  InvitationStore(Database database, Entities entities) {
    this.database = database;
    this.entities = entities;
  }

  /** The result of creating an invitation. */
  public sealed interface CreateOutcome {
    /** The invitation is in the mailbox. */
    record Created(Invitation invitation) implements CreateOutcome {}

    /** The sender has sent as many invitations as the limit allows. */
    record RateLimited() implements CreateOutcome {}

    /** The mailbox holds as many invitations as it may. */
    record MailboxFull() implements CreateOutcome {}
  }

  /**
   * Stores an invitation for seven days.
   *
   * @param mailboxId 64 lower-case hex digits
   * @param allowance the sender's rate limit; empty if the sender has none
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public CreateOutcome create(String mailboxId, String payload, Optional<Allowance> allowance) {
    return database.run(
        "create invitation",
        connection -> {
          try (PreparedStatement create = database.statement(connection, CREATE)) {
            create.setString(1, mailboxId);
            create.setBytes(2, payload.getBytes(UTF_8));
            create.setInt(3, MAILBOX_HOLDS);
            if (allowance.isPresent()) {
              allowance.get().bind(create, 4);
            } else {
              Allowance.bindNone(create, 4);
            }
            try (ResultSet row = create.executeQuery()) {
              row.next();
              return created(row, payload);
            }
          }
        });
  }

  private static CreateOutcome created(ResultSet row, String payload) throws SQLException {
    String code = row.getString(1);
    return switch (code) {
      case "created" ->
          new CreateOutcome.Created(
              new Invitation(Database.uuid(row, 2), payload, instant(row, 3), instant(row, 4)));
      case "rate_limited" -> new CreateOutcome.RateLimited();
      case "full" -> new CreateOutcome.MailboxFull();
      default -> throw new IllegalStateException("create_invitation answered " + code);
    };
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  /**
   * Reads a page of a mailbox, oldest first.
   *
   * @param after the invitation that the page follows; null for the first page. If it is not in the
   *     mailbox (any more), the page is empty
   * @param atMost the greatest number of invitations
   * @param maxBytes the greatest number of bytes; a single invitation may exceed it
   * @param invitationBytes the bytes that an invitation counts for beside its payload
   */
  public List<Invitation> list(
      String mailboxId, @Nullable UUID after, int atMost, int maxBytes, int invitationBytes) {
    return entities.run(
        "list invitations",
        session -> {
          Position start = Position.OLDEST;
          if (after != null) {
            Optional<Position> found = position(session, mailboxId, after);
            if (found.isEmpty()) {
              return List.of();
            }
            start = found.get();
          }
          return page(session, mailboxId, start, atMost, maxBytes, invitationBytes);
        });
  }

  private static Optional<Position> position(
      Entities.Session session, String mailboxId, UUID invitation) {
    return session
        .query(CREATED_AT, OffsetDateTime.class)
        .setParameter("mailbox", mailboxId)
        .setParameter("id", invitation)
        .getResultStream()
        .findFirst()
        .map(time -> new Position(time, invitation));
  }

  private static List<Invitation> page(
      Entities.Session session,
      String mailboxId,
      Position start,
      int atMost,
      int maxBytes,
      int invitationBytes) {
    var page = new ArrayList<Invitation>();
    Position position = start;
    long bytes = 0;
    while (page.size() < atMost) {
      int wanted = Math.min(READ_AT_ONCE, atMost - page.size());
      List<Invitation> next = read(session, mailboxId, position, wanted);
      for (Invitation each : next) {
        bytes += invitationBytes + each.payload().getBytes(UTF_8).length;
        if (bytes > maxBytes && !page.isEmpty()) {
          return page;
        }
        page.add(each);
      }
      if (next.size() < wanted) {
        return page;
      }
      position = Position.of(next.getLast());
    }
    return page;
  }

  private static List<Invitation> read(
      Entities.Session session, String mailboxId, Position position, int atMost) {
    boolean first = position.equals(Position.OLDEST);
    TypedQuery<Invitation> query =
        session
            .query(SELECT + (first ? "" : AFTER) + OLDEST_FIRST, Invitation.class)
            .setParameter("mailbox", mailboxId)
            .setMaxResults(atMost);
    if (!first) {
      query.setParameter("time", position.time()).setParameter("id", position.id());
    }
    return query.getResultList();
  }

  /** The place of an invitation in its mailbox, which is ordered by time and then by id. */
  private record Position(OffsetDateTime time, UUID id) {
    /** Before the oldest. */
    static final Position OLDEST = new Position(OffsetDateTime.MIN, new UUID(0, 0));

    static Position of(Invitation invitation) {
      return new Position(invitation.createdAt().atOffset(ZoneOffset.UTC), invitation.id());
    }
  }

  /** Finds an invitation of a mailbox, unless it has expired. */
  public Optional<Invitation> find(String mailboxId, UUID id) {
    return entities.run(
        "find invitation",
        session ->
            session
                .query(SELECT + BY_ID, Invitation.class)
                .setParameter("mailbox", mailboxId)
                .setParameter("id", id)
                .getResultStream()
                .findFirst());
  }

  /**
   * Deletes an invitation of a mailbox.
   *
   * @return false if the mailbox does not hold it, or it has expired
   */
  public boolean delete(String mailboxId, UUID id) {
    return entities.run(
        "delete invitation",
        session ->
            session
                    .update(DELETE)
                    .setParameter("mailbox", mailboxId)
                    .setParameter("id", id)
                    .executeUpdate()
                == 1);
  }

  /**
   * Deletes expired invitations.
   *
   * @param atMost the greatest number of rows to delete
   * @return the number of rows deleted
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public int purge(int atMost) {
    return database.run(
        "purge invitations",
        connection -> {
          try (PreparedStatement purge = database.statement(connection, PURGE)) {
            purge.setInt(1, atMost);
            return purge.executeUpdate();
          }
        });
  }
}
