package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.Entities;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import jakarta.persistence.Query;
import java.time.Duration;
import java.util.UUID;

/**
 * Decides which node does each job that one node has to do. A lease ends by the clock of the
 * database, so the clocks of the nodes may differ. All methods throw {@link
 * dev.betterbase.sync.storage.StorageException}.
 */
@Stateless
public class JobLeaseStore {
  // JPQL cannot add seconds to the time of the database. No lease is as long as an hour: one that
  // seems to be was taken before that clock was set back.
  private static final String TAKE =
      "update job_leases set node = cast(?2 as uuid),"
          + " held_until = now() + cast(?3 as integer) * interval '1 second'"
          + " where job = ?1 and (node = cast(?2 as uuid) or held_until < now()"
          + " or held_until > now() + interval '1 hour')";

  // JPQL has no insert.
  private static final String ADD =
      "insert into job_leases (job, node, held_until) values"
          + " (?1, cast(?2 as uuid), now() + cast(?3 as integer) * interval '1 second')"
          + " on conflict do nothing";

  private static final String GIVE_BACK =
      "delete from JobLeaseEntity lease where lease.job = :job and lease.node = :node";

  @Inject private Entities entities;

  /** For the container. */
  public JobLeaseStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  JobLeaseStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * Takes a job for a node, or keeps it.
   *
   * @param time the time for which no other node gets it, in whole seconds
   * @return false if another node has it
   */
  public boolean take(String job, UUID node, Duration time) {
    return entities.run(
        "take job",
        session ->
            changes(session.sql(TAKE), job, node, time)
                || changes(session.sql(ADD), job, node, time));
  }

  private static boolean changes(Query statement, String job, UUID node, Duration time) {
    return statement
            .setParameter(1, job)
            .setParameter(2, node.toString())
            .setParameter(3, Math.toIntExact(time.toSeconds()))
            .executeUpdate()
        == 1;
  }

  /** Gives a job back before its time, if the node has it. */
  public void giveBack(String job, UUID node) {
    entities.run(
        "give back job",
        session ->
            session
                .update(GIVE_BACK)
                .setParameter("job", job)
                .setParameter("node", node)
                .executeUpdate());
  }
}
