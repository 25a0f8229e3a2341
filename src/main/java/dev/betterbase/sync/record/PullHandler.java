package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.ChunkStream;
import dev.betterbase.sync.rpc.RpcConnection;
import dev.betterbase.sync.rpc.StreamHandler;
import dev.betterbase.sync.space.Permission;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceStore;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code pull} (methods.md): streams what changed behind a cursor, space by space. */
@ApplicationScoped
public class PullHandler implements StreamHandler<PullHandler.Params> {

  private static final int SPACES_AT_MOST = 1_000;

  @Inject private SpaceAccess access;
  @Inject private SpaceStore spaces;
  @Inject private PullReader reader;

  /**
   * The params.
   *
   * @param spaces what to pull, in the caller's order
   */
  public record Params(List<Wanted> spaces) {
    public Params {
      spaces = List.copyOf(spaces);
    }
  }

  /**
   * One space of a pull.
   *
   * @param spelling its id, as the caller wrote it
   * @param since the cursor that the caller has; a negative one is read as 0
   */
  public record Wanted(String spelling, long since) {
    public Wanted {
      since = Math.max(since, 0);
    }
  }

  @Override
  public Set<String> methods() {
    return Set.of("pull");
  }

  @Override
  public String invalidParams() {
    return "invalid pull params";
  }

  @Override
  public Params read(CborReader reader) {
    List<Wanted> wanted = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "spaces" -> wanted = reader.list(() -> readWanted(reader));
        default -> reader.skip();
      }
    }
    if (wanted == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(wanted);
  }

  private static Wanted readWanted(CborReader reader) {
    String id = null;
    Long since = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "id" -> id = reader.text();
        case "since" -> since = reader.int64();
        case "ucan" -> reader.text();
        default -> reader.skip();
      }
    }
    if (id == null || since == null) {
      throw new Failure.InvalidParams();
    }
    return new Wanted(id, since);
  }

  @Override
  public ChunkStream open(RpcConnection connection, Params params) {
    if (params.spaces().size() > SPACES_AT_MOST) {
      throw new Failure.BadRequest("too many spaces in pull request");
    }
    var readable = new ArrayList<PullStream.Part>();
    for (Wanted wanted : params.spaces()) {
      SpaceId.parse(wanted.spelling())
          .filter(space -> mayRead(connection, space))
          .ifPresent(space -> readable.add(new PullStream.Part(space, wanted)));
    }
    return new PullStream(spaces, reader, connection.caller().clientId(), readable);
  }

  private boolean mayRead(RpcConnection connection, SpaceId space) {
    try {
      access.require(connection.caller(), space, Permission.READ);
      return true;
    } catch (Failure.Forbidden e) {
      return false;
    }
  }
}
