package dev.betterbase.sync.membership;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.space.Space;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceStore;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code membership.list} (methods.md): as much of the log as one frame holds. */
@ApplicationScoped
public class MembershipListHandler extends SpaceRequestHandler<MembershipListHandler.Params> {
  /** The head of the frame with an id of 1,024 bytes, and the map around the entries. */
  private static final int HEAD_BYTES = 2_048;

  /** The bytes of an entry on the wire, without its payload. */
  private static final int ENTRY_BYTES = 136;

  @Inject private SpaceStore spaces;
  @Inject private MembershipStore store;

  /**
   * The params.
   *
   * @param space the id of the space, in the caller's spelling
   * @param ucan the caller's capability; null in the caller's own space
   * @param sinceSeq the number of the last entry that the caller has; null for the end of the log
   */
  public record Params(String space, @Nullable String ucan, @Nullable Integer sinceSeq)
      implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("membership.list");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.MEMBERSHIP_LIST;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid membership list params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    Integer sinceSeq = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "since_seq" -> sinceSeq = reader.int32();
        default -> reader.skip();
      }
    }
    if (space == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, sinceSeq);
  }

  @Override
  protected SpaceTask prepare(Connection connection, Params params) {
    return access -> {
      Space opened = spaces.open(access).orFail();
      List<MembershipEntry> entries =
          store.list(
              opened, params.sinceSeq(), FrameWriter.MAX_FRAME_BYTES - HEAD_BYTES, ENTRY_BYTES);
      return Reply.of(
          writer -> {
            writer.beginMap(2).key("entries").beginList(entries.size());
            entries.forEach(entry -> entry.write(writer));
            writer.endList().field("metadata_version", opened.metadataVersion()).endMap();
          });
    };
  }
}
