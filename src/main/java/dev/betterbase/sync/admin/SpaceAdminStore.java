package dev.betterbase.sync.admin;

import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Lists and deletes spaces for administrators. All methods throw {@link StorageException}. */
@Stateless
public class SpaceAdminStore {
  private static final String AFTER = SpaceRow.SELECT + " and s.id > :after order by s.id";
  private static final String BY_ID = SpaceRow.SELECT + " and s.id = :id";

  /** The id before all others. */
  public static final UUID BEFORE_ALL = new UUID(0, 0);

  @Inject private Entities entities;

  /** For the container. */
  public SpaceAdminStore() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public SpaceAdminStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * A page of all spaces, by their ids.
   *
   * @param after the last id of the page before; {@link #BEFORE_ALL} for the first page
   * @param atMost the most spaces of a page
   */
  public List<SpaceSummary> list(UUID after, int atMost) {
    return entities.run(
        "list spaces",
        session ->
            SpaceSummaries.of(
                session,
                session
                    .query(AFTER, SpaceRow.class)
                    .setParameter("after", after)
                    .setMaxResults(atMost)
                    .getResultList()));
  }

  /** Finds a space. */
  public Optional<SpaceSummary> find(UUID id) {
    return entities.run(
        "summarise space",
        session ->
            SpaceSummaries.of(
                    session,
                    session.query(BY_ID, SpaceRow.class).setParameter("id", id).getResultList())
                .stream()
                .findFirst());
  }

  /**
   * Deletes a space for good, with its records, files, membership log and revocations. The bytes of
   * its files are removed from the storage by the next server that runs. A running server ends the
   * subscriptions to the space within seconds.
   *
   * @return false if there is no such space
   */
  public boolean delete(UUID id) {
    return entities.run("delete space", session -> SpaceDeletion.delete(session, id));
  }
}
