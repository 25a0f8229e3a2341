package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.storage.Purge;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Deletes the signatures of peers that have expired. */
@ApplicationScoped
public class PeerSignaturePurge extends Purge {
  @Inject private PeerSignatureStore store;

  @Override
  public String name() {
    return "peer_signature_purge";
  }

  @Override
  protected int purge(int atMost) {
    return store.purge(atMost);
  }
}
