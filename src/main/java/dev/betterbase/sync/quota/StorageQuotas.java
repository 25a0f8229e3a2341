package dev.betterbase.sync.quota;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.settings.Quotas;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;

/** Says which storage quotas hold for whom. */
@ApplicationScoped
public class StorageQuotas {
  @Inject private Settings settings;

  /** The quotas that hold when this caller writes. */
  public StorageQuota of(Caller caller) {
    Quotas quotas = settings.quotas();
    Optional<String> person =
        switch (caller) {
          case Caller.Member(AccessToken token) when quotas.countPeople() ->
              settings.identityHashKey().map(token::pseudonym);
          // Bytes that a peer's members write count for the person who created the space.
          case Caller.Member unused -> Optional.empty();
          case Caller.Peer unused -> Optional.empty();
        };
    return new StorageQuota(
        quotas.spaceBytes(), quotas.personBytes(), quotas.personSpaces(), person);
  }
}
