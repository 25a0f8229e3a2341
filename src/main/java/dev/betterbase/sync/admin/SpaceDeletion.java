package dev.betterbase.sync.admin;

import dev.betterbase.sync.storage.Entities;
import java.util.UUID;

/** Deletes a space, within a transaction of the caller. */
final class SpaceDeletion {
  /** Waits for writers of the space. Writers that come later find no space. */
  private static final String LOCK =
      "select 1 from spaces where id = ?1 and elsewhere is null for update";

  // JPQL has no insert.
  private static final String REMOVE_FILES =
      "insert into file_removals (space_id, file_id)"
          + " select space_id, id from files where space_id = ?1 and not deleted"
          + " on conflict (space_id, file_id) do update set due_at = now()";

  /** The database deletes what refers to the space. */
  private static final String DELETE = "delete from SpaceEntity s where s.id = :id";

  private SpaceDeletion() {}

  /** Returns false if there is no such space, or it is in another database. */
  static boolean delete(Entities.Session session, UUID id) {
    if (session.sql(LOCK).setParameter(1, id).getResultList().isEmpty()) {
      return false;
    }
    session.sql(REMOVE_FILES).setParameter(1, id).executeUpdate();
    session.update(DELETE).setParameter("id", id).executeUpdate();
    return true;
  }
}
