package dev.betterbase.sync.invitation;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.UuidText;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code invitation.list} (methods.md): the caller's mailbox, page by page. */
@ApplicationScoped
public class InvitationListHandler implements RequestHandler<InvitationListHandler.Params> {
  private static final int USUAL_LIMIT = 50;
  private static final int GREATEST_LIMIT = 200;

  /** The head of the frame with an id of 1,024 bytes, and the map around the invitations. */
  private static final int HEAD_BYTES = 2_048;

  /** The bytes of an invitation on the wire, without its payload. */
  private static final int INVITATION_BYTES = 160;

  @Inject private InvitationStore store;

  /**
   * The params.
   *
   * @param limit the number of invitations wanted
   * @param after the id of the last invitation that the caller has, as it was sent; null, as "" is
   *     read, starts at the beginning
   */
  public record Params(int limit, @Nullable String after) {
    public Params {
      limit = limit <= 0 ? USUAL_LIMIT : Math.min(limit, GREATEST_LIMIT);
      after = after == null || after.isEmpty() ? null : after;
    }
  }

  @Override
  public Set<String> methods() {
    return Set.of("invitation.list");
  }

  @Override
  public String invalidParams() {
    return "invalid invitation list params";
  }

  @Override
  public Params read(CborReader reader) {
    int limit = 0;
    String after = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "limit" -> limit = reader.int32();
        case "after" -> after = reader.text();
        default -> reader.skip();
      }
    }
    return new Params(limit, after);
  }

  @Override
  public Reply handle(Connection connection, Params params) {
    UUID after = params.after() == null ? null : cursor(params.after());
    List<Invitation> page =
        connection
            .token()
            .mailboxId()
            .map(
                mailbox ->
                    store.list(
                        mailbox,
                        after,
                        params.limit(),
                        FrameWriter.MAX_FRAME_BYTES - HEAD_BYTES,
                        INVITATION_BYTES))
            .orElse(List.of());
    return Reply.of(
        writer -> {
          writer.beginMap(1).key("invitations").beginList(page.size());
          page.forEach(each -> each.write(writer));
          writer.endList().endMap();
        });
  }

  private static UUID cursor(String after) {
    return UuidText.parse(after)
        .orElseThrow(() -> new Failure.BadRequest("invalid invitation cursor"));
  }
}
