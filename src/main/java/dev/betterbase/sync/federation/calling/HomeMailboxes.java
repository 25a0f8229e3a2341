package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.invitation.RemoteMailboxes;
import dev.betterbase.sync.protocol.Failure;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Delivers invitations to the mailboxes of peers, as {@code fed.invitation}. */
@ApplicationScoped
public class HomeMailboxes implements RemoteMailboxes {
  @Inject private HomeLinks links;
  @Inject private Peers peers;

  @Override
  public boolean isEnabled() {
    return links.canCall();
  }

  @Override
  public boolean trusts(String server) {
    return peers.trusts(server);
  }

  @Override
  public CompletionStage<?> deliver(String server, String mailboxId, String payload) {
    return links
        .find(server)
        .map(
            link ->
                link.call(
                    "fed.invitation",
                    writer ->
                        writer
                            .beginMap(2)
                            .field("mailbox_id", mailboxId)
                            .field("payload", payload)
                            .endMap(),
                    false))
        .orElseGet(() -> CompletableFuture.failedFuture(new Failure.Internal("internal")));
  }
}
