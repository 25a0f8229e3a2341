package dev.betterbase.sync.invitation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.invitation.InvitationStore.CreateOutcome;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.ratelimit.LimitedAction;
import dev.betterbase.sync.ratelimit.RateLimits;
import dev.betterbase.sync.rpc.Reply;
import dev.betterbase.sync.rpc.RequestHandler;
import dev.betterbase.sync.rpc.RpcConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.Set;

/** {@code invitation.create} (methods.md): leaves a sealed text in somebody's mailbox. */
@ApplicationScoped
public class InvitationCreateHandler implements RequestHandler<InvitationCreateHandler.Params> {
  private static final int PAYLOAD_AT_MOST = 128 * 1024;

  @Inject private RateLimits limits;
  @Inject private InvitationStore store;
  @Inject private MailboxNotices notices;

  /**
   * The params as they were sent; "" for what was not.
   *
   * @param mailboxId whose mailbox
   * @param payload opaque text
   * @param server the peer on which the mailbox is, where it is not here
   */
  public record Params(String mailboxId, String payload, String server) {}

  @Override
  public Set<String> methods() {
    return Set.of("invitation.create");
  }

  @Override
  public String invalidParams() {
    return "invalid invitation create params";
  }

  @Override
  public Params read(CborReader reader) {
    String mailboxId = "";
    String payload = "";
    String server = "";
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "mailbox_id" -> mailboxId = reader.text();
        case "payload" -> payload = reader.text();
        case "server" -> server = reader.text();
        default -> reader.skip();
      }
    }
    return new Params(mailboxId, payload, server);
  }

  @Override
  public Reply handle(RpcConnection connection, Params params) {
    Optional<Allowance> allowance =
        limits.allowance(connection.caller(), LimitedAction.INVITATION_CREATE);
    allowance.ifPresent(limits::requireRoom);
    requireSound(params);
    if (!params.server().isEmpty()) {
      // A server without a signing key is no peer of anybody's.
      throw new Failure.BadRequest("federation is not enabled on this server");
    }
    return switch (store.create(params.mailboxId(), params.payload(), allowance)) {
      case CreateOutcome.Created(Invitation invitation) ->
          Reply.of(invitation::write).then(() -> notices.announce(params.mailboxId()));
      case CreateOutcome.RateLimited() -> throw limits.exceeded(LimitedAction.INVITATION_CREATE);
      case CreateOutcome.MailboxFull() -> throw new Failure.RateLimited("mailbox full");
    };
  }

  private static void requireSound(Params params) {
    if (params.mailboxId().isEmpty()) {
      throw new Failure.BadRequest("missing mailbox_id");
    }
    if (!AccessToken.isMailboxId(params.mailboxId())) {
      throw new Failure.BadRequest("mailbox_id must be 64-char hex string");
    }
    if (params.payload().isEmpty()) {
      throw new Failure.BadRequest("missing payload");
    }
    if (params.payload().getBytes(UTF_8).length > PAYLOAD_AT_MOST) {
      throw new Failure.PayloadTooLarge();
    }
  }
}
