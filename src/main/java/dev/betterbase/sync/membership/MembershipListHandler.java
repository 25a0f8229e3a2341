package dev.betterbase.sync.membership;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code membership.list} (methods.md): as much of the log as one frame holds. */
@ApplicationScoped
public class MembershipListHandler extends SpaceRequestHandler<MembershipListHandler.Params> {
  /** The frame's head with an id of 1,024 bytes, and what stands around the entries. */
  private static final int HEAD_BYTES = 2_048;

  /** An entry's hashes, keys and heads on the wire. */
  private static final int ENTRY_BYTES = 136;

  @Inject private MembershipStore store;

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan by what the caller may read, where it is not its own space
   * @param sinceSeq the number of the last entry that the caller has; null where it asks for the
   *     end of the log
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
    return access ->
        Reply.of(
            result(
                store
                    .list(
                        access,
                        params.sinceSeq(),
                        FrameWriter.MAX_FRAME_BYTES - HEAD_BYTES,
                        ENTRY_BYTES)
                    .orFail()));
  }

  private static Body result(MembershipStore.Page page) {
    return writer -> {
      writer.beginMap(2).key("entries").beginList(page.entries().size());
      page.entries().forEach(entry -> entry.write(writer));
      writer.endList().field("metadata_version", page.metadataVersion()).endMap();
    };
  }
}
