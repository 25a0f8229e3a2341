package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.StreamHandler;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code pull} (methods.md): streams what changed behind a cursor, space by space. */
@ApplicationScoped
public class PullHandler implements StreamHandler<PullHandler.Params> {

  /** Spaces in one pull. */
  public static final int SPACES_AT_MOST = 1_000;

  @Inject private SpaceAccess access;
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
   * @param ucan by what the caller may read, where it is not its own space
   */
  public record Wanted(String spelling, long since, @Nullable String ucan) {
    public Wanted {
      since = Math.max(since, 0);
    }
  }

  @Override
  public Set<String> methods() {
    return Set.of("pull");
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
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
    String ucan = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "id" -> id = reader.text();
        case "since" -> since = reader.int64();
        case "ucan" -> ucan = reader.text();
        default -> reader.skip();
      }
    }
    if (id == null || since == null) {
      throw new Failure.InvalidParams();
    }
    return new Wanted(id, since, ucan);
  }

  @Override
  public ChunkStream open(Connection connection, Params params) {
    if (params.spaces().size() > SPACES_AT_MOST) {
      throw new Failure.BadRequest("too many spaces in pull request");
    }
    var known = new ArrayList<Wanted>();
    var requests = new ArrayList<SpaceAccess.Request>();
    for (Wanted wanted : params.spaces()) {
      SpaceId.parse(wanted.spelling())
          .ifPresent(
              space -> {
                known.add(wanted);
                requests.add(new SpaceAccess.Request(space, wanted.ucan(), SpaceAction.PULL));
              });
    }
    List<SpaceAccess.Claim> claims = access.claims(connection.caller(), requests);
    var readable = new ArrayList<PullStream.Part>();
    for (int i = 0; i < claims.size(); i++) {
      Wanted wanted = known.get(i);
      access
          .settle(claims.get(i))
          .granted()
          .ifPresent(granted -> readable.add(new PullStream.Part(granted, wanted)));
    }
    return new PullStream(reader, readable);
  }
}
