package dev.betterbase.sync.invitation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The invitations (storage.md, table invitations). Each method is one statement, which commits by
 * itself. All throw {@link StorageException}.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class InvitationStore {
  private static final String CREATE =
      "select code, id, created, expires from create_invitation(?, ?, ?, ?, ?)";
  private static final String LIST =
      "select id, payload, created_at, expires_at from list_invitations(?, ?, ?, ?, ?)";

  // Bound as text a mailbox id would be compared as varchar.
  private static final String DELETE =
      "delete from invitations"
          + " where id = ? and mailbox_id = cast(? as character(64)) and expires_at > now()";

  private static final String PURGE =
      """
      delete from invitations where id = any (array(
        select id from invitations where expires_at <= now() limit ?))
      """;

  /** Unexpired invitations that a mailbox holds. */
  private static final int MAILBOX_HOLDS = 1_000;

  @Inject private Database database;

  @PersistenceContext(unitName = "betterbase-sync")
  private EntityManager entities;

  /** For the container. */
  public InvitationStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  InvitationStore(Database database, EntityManager entities) {
    this.database = database;
    this.entities = entities;
  }

  /** What became of an invitation that was to be stored. */
  public sealed interface CreateOutcome {
    /** It lies in the mailbox. */
    record Created(Invitation invitation) implements CreateOutcome {}

    /** The person has invited as often as may be. */
    record RateLimited() implements CreateOutcome {}

    /** The mailbox holds as many as it may. */
    record MailboxFull() implements CreateOutcome {}
  }

  /**
   * Stores an invitation for seven days.
   *
   * @param mailboxId 64 lower-case hex digits
   * @param allowance where the sender is limited by person
   */
  public CreateOutcome create(String mailboxId, String payload, Optional<Allowance> allowance) {
    return database.run(
        "create invitation",
        connection -> {
          try (PreparedStatement create = Database.prepare(connection, CREATE)) {
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

  /**
   * A page of a mailbox, oldest first.
   *
   * @param after the invitation behind which it begins; null: at the oldest. Behind one that is not
   *     there is nothing
   * @param atMost how many
   * @param maxBytes how much fits, though a single one always does
   * @param invitationBytes what one counts for beside its payload
   */
  public List<Invitation> list(
      String mailboxId, @Nullable UUID after, int atMost, int maxBytes, int invitationBytes) {
    return database.run(
        "list invitations",
        connection -> {
          try (PreparedStatement list = Database.prepare(connection, LIST)) {
            list.setString(1, mailboxId);
            list.setObject(2, after);
            list.setInt(3, atMost);
            list.setInt(4, maxBytes);
            list.setInt(5, invitationBytes);
            var page = new ArrayList<Invitation>();
            try (ResultSet rows = list.executeQuery()) {
              while (rows.next()) {
                page.add(
                    new Invitation(
                        Database.uuid(rows, 1),
                        new String(rows.getBytes(2), UTF_8),
                        instant(rows, 3),
                        instant(rows, 4)));
              }
            }
            return page;
          }
        });
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  /** An invitation of a mailbox, unless it has expired. */
  public Optional<Invitation> find(String mailboxId, UUID id) {
    try {
      return Optional.ofNullable(entities.find(InvitationEntity.class, id))
          .filter(row -> row.isFor(mailboxId, Instant.now()))
          .map(InvitationEntity::toInvitation);
    } catch (RuntimeException failure) {
      // EclipseLink throws exceptions of its own here, which are no PersistenceException.
      throw new StorageException("find invitation failed", failure);
    }
  }

  /** Deletes an invitation of a mailbox; false where there is none, or it has expired. */
  public boolean delete(String mailboxId, UUID id) {
    return database.run(
        "delete invitation",
        connection -> {
          try (PreparedStatement delete = Database.prepare(connection, DELETE)) {
            delete.setObject(1, id);
            delete.setString(2, mailboxId);
            return delete.executeUpdate() == 1;
          }
        });
  }

  /**
   * Deletes expired invitations.
   *
   * @param atMost so many of them
   * @return how many
   */
  public int purge(int atMost) {
    return database.run(
        "purge invitations",
        connection -> {
          try (PreparedStatement purge = Database.prepare(connection, PURGE)) {
            purge.setInt(1, atMost);
            return purge.executeUpdate();
          }
        });
  }
}
