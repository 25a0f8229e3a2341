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

/** {@code invitation.delete} (methods.md). */
@ApplicationScoped
public class InvitationDeleteHandler implements RequestHandler<InvitationName> {
  @Inject private InvitationStore store;

  @Override
  public Set<String> methods() {
    return Set.of("invitation.delete");
  }

  @Override
  public String invalidParams() {
    return "invalid invitation delete params";
  }

  @Override
  public InvitationName read(CborReader reader) {
    return InvitationName.read(reader);
  }

  @Override
  public Reply handle(Connection connection, InvitationName params) {
    UUID id = params.require();
    if (connection.token().mailboxId().filter(mailbox -> store.delete(mailbox, id)).isEmpty()) {
      throw new Failure.NotFound();
    }
    return Reply.of(writer -> writer.beginMap(0).endMap());
  }
}
