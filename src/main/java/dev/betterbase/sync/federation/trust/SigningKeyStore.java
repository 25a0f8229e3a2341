package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The signing keys of this server (storage.md, table federation_signing_keys), as the server uses
 * them. Peers find the active keys in the key set; this server signs by one of them, the primary.
 * {@link SigningKeyRotation} adds and deactivates keys. All methods throw {@link StorageException}.
 */
@Stateless
public class SigningKeyStore {
  private static final String ACTIVE =
      "select k from SigningKeyEntity k where k.active = true order by k.createdAt, k.kid";

  // JPQL has no insert, and persist would fail the transaction where another node is first.
  private static final String ENSURE =
      "insert into federation_signing_keys (kid, private_key, public_key, is_primary)"
          + " select ?1, ?2, ?3, true"
          + " where not exists (select from federation_signing_keys where is_primary and is_active)"
          + " on conflict do nothing";

  @Inject private Entities entities;

  /** For the container. */
  public SigningKeyStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  SigningKeyStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * An active key.
   *
   * @param primary whether this server signs by it
   */
  public record Stored(SigningKey key, boolean primary) {}

  /**
   * The active keys.
   *
   * @param keys those that can be used
   * @param faults why others cannot be opened, one sentence for each
   */
  public record Listing(List<Stored> keys, List<String> faults) {}

  /**
   * Stores a key as the primary, if there is no primary. When several servers start at once, one of
   * them stores its key.
   *
   * @return whether the key was stored
   */
  public boolean ensure(SigningKey key, KeySeal seal) {
    return entities.run(
        "ensure signing key",
        session ->
            session
                    .sql(ENSURE)
                    .setParameter(1, key.id().toString())
                    .setParameter(2, seal.stored(key))
                    .setParameter(3, key.publicKey())
                    .executeUpdate()
                == 1);
  }

  /** Lists the active keys, oldest first, without those that no peer would accept. */
  public Listing active(KeySeal seal) {
    List<SigningKeyEntity> rows =
        entities.run(
            "list signing keys",
            session -> session.query(ACTIVE, SigningKeyEntity.class).getResultList());
    List<Stored> keys = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    for (SigningKeyEntity row : rows) {
      Optional<KeyId> id = KeyId.parse(row.kid);
      try {
        byte[] seed = seal.seed(row.kid, row.publicKey, row.privateKey);
        if (id.isPresent() && seed.length == SigningKey.LENGTH) {
          keys.add(new Stored(new SigningKey(id.get(), seed), row.primary));
        }
      } catch (SealedSeed fault) {
        faults.add(String.valueOf(fault.getMessage()));
      }
    }
    return new Listing(List.copyOf(keys), List.copyOf(faults));
  }
}
