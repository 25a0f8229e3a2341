package dev.betterbase.sync.invitation;

import dev.betterbase.sync.storage.Purge;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Deletes expired invitations. */
@ApplicationScoped
public class InvitationPurge extends Purge {
  @Inject private InvitationStore store;

  @Override
  public String name() {
    return "invitation_purge";
  }

  @Override
  protected int purge(int atMost) {
    return store.purge(atMost);
  }
}
