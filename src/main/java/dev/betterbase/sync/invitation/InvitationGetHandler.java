package dev.betterbase.sync.invitation;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import java.util.UUID;

/** {@code invitation.get} (methods.md). */
@ApplicationScoped
public class InvitationGetHandler implements RequestHandler<InvitationName> {
  @Inject private InvitationStore store;

  @Override
  public Set<String> methods() {
    return Set.of("invitation.get");
  }

  @Override
  public String invalidParams() {
    return "invalid invitation get params";
  }

  @Override
  public InvitationName read(CborReader reader) {
    return InvitationName.read(reader);
  }

  @Override
  public Reply handle(Connection connection, InvitationName params) {
    UUID id = params.require();
    return connection
        .token()
        .mailboxId()
        .flatMap(mailbox -> store.find(mailbox, id))
        .map(invitation -> Reply.of(invitation::write))
        .orElseThrow(Failure.NotFound::new);
  }
}
