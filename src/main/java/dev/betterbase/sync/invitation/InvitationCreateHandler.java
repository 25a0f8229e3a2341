package dev.betterbase.sync.invitation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.invitation.InvitationStore.CreateOutcome;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.ratelimit.LimitedAction;
import dev.betterbase.sync.ratelimit.RateLimits;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** {@code invitation.create} (methods.md): puts a sealed text into a mailbox. */
@ApplicationScoped
public class InvitationCreateHandler implements RequestHandler<InvitationCreateHandler.Params> {
  private static final int PAYLOAD_AT_MOST = 128 * 1024;

  @Inject private RateLimits limits;
  @Inject private MailboxShares mailboxes;
  @Inject private MailboxNotices notices;
  @Inject private RemoteMailboxes remote;

  /**
   * The params as they were sent; "" for those that were not.
   *
   * @param mailboxId the mailbox of the receiver
   * @param payload opaque text
   * @param server the peer that has the mailbox, if it is not on this server
   */
  public record Params(String mailboxId, String payload, String server) {
    /** Reads them. */
    public static Params read(CborReader reader) {
      String mailboxId = null;
      String payload = null;
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
      if (mailboxId == null || payload == null) {
        throw new Failure.InvalidParams();
      }
      return new Params(mailboxId, payload, server);
    }
  }

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
    return Params.read(reader);
  }

  @Override
  public Answer handle(Connection connection, Params params) {
    Optional<Allowance> allowance =
        limits.allowance(connection.caller(), LimitedAction.INVITATION_CREATE);
    allowance.ifPresent(limits::requireRoom);
    requireSound(params.mailboxId(), params.payload());
    limits.countInMemory(connection.caller(), LimitedAction.INVITATION_CREATE);
    if (!params.server().isEmpty()) {
      return new Answer.Later(deliver(params, allowance));
    }
    return switch (mailboxes.create(
        connection.caller().party(), params.mailboxId(), params.payload(), allowance)) {
      case CreateOutcome.Created(Invitation invitation) ->
          Reply.of(invitation::write).then(() -> notices.announce(params.mailboxId()));
      case CreateOutcome.RateLimited() -> throw limits.exceeded(LimitedAction.INVITATION_CREATE);
      case CreateOutcome.MailboxFull() -> throw new Failure.RateLimited("mailbox full");
    };
  }

  private CompletionStage<Reply> deliver(Params params, Optional<Allowance> allowance) {
    if (!remote.isEnabled()) {
      throw new Failure.BadRequest("federation is not enabled on this server");
    }
    if (!remote.trusts(params.server())) {
      throw new Failure.BadRequest("target server is not a trusted federation peer");
    }
    return remote
        .deliver(params.server(), params.mailboxId(), params.payload())
        .handle(
            (delivered, failure) -> {
              if (failure != null) {
                throw new Failure.Internal("failed to deliver invitation to remote server");
              }
              allowance.ifPresent(limits::record);
              return Reply.of(writer -> forwarded(writer, params.payload()));
            });
  }

  private static void forwarded(CborWriter writer, String payload) {
    writer
        .beginMap(4)
        .field("id", "forwarded")
        .field("payload", payload)
        .field("created_at", "")
        .field("expires_at", "")
        .endMap();
  }

  /**
   * Checks an invitation, from a client or a peer.
   *
   * @throws Failure if it cannot be stored
   */
  public static void requireSound(String mailboxId, String payload) {
    if (mailboxId.isEmpty()) {
      throw new Failure.BadRequest("missing mailbox_id");
    }
    if (!AccessToken.isMailboxId(mailboxId)) {
      throw new Failure.BadRequest("mailbox_id must be 64-char hex string");
    }
    if (payload.isEmpty()) {
      throw new Failure.BadRequest("missing payload");
    }
    if (payload.getBytes(UTF_8).length > PAYLOAD_AT_MOST) {
      throw new Failure.PayloadTooLarge();
    }
  }
}
