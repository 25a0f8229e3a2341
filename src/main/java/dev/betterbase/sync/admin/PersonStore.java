package dev.betterbase.sync.admin;

import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** Finds and erases the data of one person. All methods throw {@link StorageException}. */
@Stateless
public class PersonStore {
  /** A personal space has no root key. */
  private static final String CLIENTS =
      "select distinct s.clientId from SpaceEntity s where s.rootPublicKey is null";

  private static final String PERSONAL =
      SpaceRow.SELECT + " and s.rootPublicKey is null and s.id in :ids order by s.id";

  // A string is bound as varchar. Compared with that, the index on char(64) would not be used.
  private static final String IN_MAILBOX =
      " InvitationEntity i where i.mailboxId = FUNCTION('bpchar', :mailbox)";

  /**
   * Without the action, the index does not help. But the table holds no more than the last hours.
   */
  private static final String OF_ACTOR =
      " RateLimitActionEntity a where a.actorHash = FUNCTION('bpchar', :actor)";

  private static final String OF_OWNER = " where s.ownerHash = FUNCTION('bpchar', :owner)";

  /** Deletes the rows of a person's quotas in one database. These tables have no entities. */
  private static final List<String> FORGET_QUOTAS =
      Stream.of("person_grants", "person_grants_given", "person_spaces")
          .map(table -> "delete from " + table + " where owner_hash = cast(?1 as char(64))")
          .toList();

  @Inject private Entities entities;

  /** For the container. */
  public PersonStore() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public PersonStore(Entities entities) {
    this.entities = entities;
  }

  /** The data that the server has of a person. */
  public PersonalData find(SoughtPerson person) {
    return entities.run("find a person's data", session -> find(session, person));
  }

  /**
   * Erases what {@link #find} finds. All or nothing. Shared spaces stay, because they belong to
   * their members, but no longer count for the person. The owner of the mailbox stays, so that no
   * other issuer can take the mailbox.
   *
   * @return the stored data of the person
   */
  public PersonalData erase(SoughtPerson person) {
    return entities.run(
        "erase a person's data",
        session -> {
          PersonalData found = find(session, person);
          found.spaces().forEach(space -> SpaceDeletion.delete(session, space.id()));
          change(session, "delete from" + IN_MAILBOX, "mailbox", person.mailboxId());
          change(session, "delete from" + OF_ACTOR, "actor", person.pseudonym());
          change(
              session,
              "update SpaceEntity s set s.ownerHash = null" + OF_OWNER,
              "owner",
              person.pseudonym());
          person
              .pseudonym()
              .ifPresent(
                  owner ->
                      FORGET_QUOTAS.forEach(
                          forget -> session.sql(forget).setParameter(1, owner).executeUpdate()));
          return found;
        });
  }

  private static void change(
      Entities.Session session, String update, String parameter, Optional<String> value) {
    value.ifPresent(
        present -> session.update(update).setParameter(parameter, present).executeUpdate());
  }

  private static PersonalData find(Entities.Session session, SoughtPerson person) {
    Set<UUID> ids = new HashSet<>();
    session
        .query(CLIENTS, String.class)
        .getResultList()
        .forEach(client -> ids.addAll(person.personalSpaces(client)));
    List<SpaceRow> spaces =
        ids.isEmpty()
            ? List.of()
            : session.query(PERSONAL, SpaceRow.class).setParameter("ids", ids).getResultList();
    return new PersonalData(
        SpaceSummaries.of(session, spaces),
        count(session, "select count(i.id) from" + IN_MAILBOX, "mailbox", person.mailboxId()),
        count(session, "select count(a.action) from" + OF_ACTOR, "actor", person.pseudonym()),
        count(
            session,
            "select count(s.id) from SpaceEntity s"
                + OF_OWNER
                + " and s.rootPublicKey is not null and s.elsewhere is null",
            "owner",
            person.pseudonym()));
  }

  private static OptionalLong count(
      Entities.Session session, String query, String parameter, Optional<String> value) {
    return value.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(
            session
                .query(query, Long.class)
                .setParameter(parameter, value.get())
                .getSingleResult());
  }
}
