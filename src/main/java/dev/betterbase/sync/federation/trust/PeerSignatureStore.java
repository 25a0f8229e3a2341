package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * The signatures of peers that were accepted and have not expired (auth.md, HTTP signature). They
 * are in the database, so that none is accepted again by another node, or after a restart. All
 * methods throw {@link StorageException}.
 */
@Stateless
public class PeerSignatureStore {
  // JPQL has no insert, and persist would fail the transaction if the signature is known.
  private static final String ADD =
      "insert into peer_signatures (signature, valid_until) values (?1, ?2) on conflict do nothing";

  // JPQL has no limit in a delete.
  private static final String PURGE =
      "delete from peer_signatures where signature in"
          + " (select signature from peer_signatures where valid_until < now()"
          + " order by valid_until limit ?1)";

  @Inject private Entities entities;

  /** For the container. */
  public PeerSignatureStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  PeerSignatureStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * Records a verified signature.
   *
   * @param signature 64 bytes
   * @param validUntil the time from which no server accepts it
   * @return false if it was recorded before
   */
  public boolean isFirst(byte[] signature, Instant validUntil) {
    return entities.run(
        "record peer signature",
        session ->
            session
                    .sql(ADD)
                    .setParameter(1, signature)
                    .setParameter(2, OffsetDateTime.ofInstant(validUntil, ZoneOffset.UTC))
                    .executeUpdate()
                == 1);
  }

  /**
   * Deletes expired signatures.
   *
   * @param atMost the greatest number of rows to delete
   * @return the number of rows deleted
   */
  public int purge(int atMost) {
    return entities.run(
        "purge peer signatures",
        session -> session.sql(PURGE).setParameter(1, atMost).executeUpdate());
  }
}
