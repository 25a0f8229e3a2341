package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.invitation.InvitationCreateHandler;
import dev.betterbase.sync.invitation.InvitationStore.CreateOutcome;
import dev.betterbase.sync.invitation.MailboxNotices;
import dev.betterbase.sync.invitation.MailboxShares;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.Set;

/**
 * {@code fed.invitation} (federation.md): a peer delivers an invitation from one of its members.
 */
@ApplicationScoped
public class PeerInvitationHandler implements RequestHandler<InvitationCreateHandler.Params> {
  @Inject private MailboxShares mailboxes;
  @Inject private MailboxNotices notices;
  @Inject private Peers peers;

  @Override
  public Set<String> methods() {
    return Set.of("fed.invitation");
  }

  @Override
  public Callers callers() {
    return Callers.PEERS;
  }

  @Override
  public String invalidParams() {
    return "invalid invitation create params";
  }

  @Override
  public InvitationCreateHandler.Params read(CborReader reader) {
    return InvitationCreateHandler.Params.read(reader);
  }

  @Override
  public Reply handle(Connection connection, InvitationCreateHandler.Params params) {
    InvitationCreateHandler.requireSound(params.mailboxId(), params.payload());
    if (!peers.quota(PeerSpaces.peer(connection)).takeInvitation()) {
      throw new Failure.RateLimited("invitation quota exceeded");
    }
    return switch (mailboxes.create(
        connection.caller().party(), params.mailboxId(), params.payload(), Optional.empty())) {
      case CreateOutcome.Created unused ->
          Reply.of(writer -> writer.beginMap(1).field("ok", true).endMap())
              .then(() -> notices.announce(params.mailboxId()));
      case CreateOutcome.MailboxFull() -> throw new Failure.RateLimited("mailbox full");
      case CreateOutcome.RateLimited() ->
          throw new IllegalStateException("a peer has no rate limit by person");
    };
  }
}
