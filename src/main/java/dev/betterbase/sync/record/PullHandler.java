package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.ChunkSource;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.StreamHandler;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SignatureBound;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code pull} (methods.md): streams the changes since a cursor, space by space in the order of the
 * request.
 */
@ApplicationScoped
public class PullHandler implements StreamHandler<PullHandler.Params> {

  /** The first chunk of a space. */
  public static final String PULL_BEGIN = "pull.begin";

  /** The last chunk of a space. */
  public static final String PULL_COMMIT = "pull.commit";

  /** The names of its chunks. */
  public static final Set<String> CHUNKS =
      Set.of(PULL_BEGIN, "pull.record", "pull.membership", "pull.file", PULL_COMMIT);

  /** The most spaces in one pull. */
  private static final int SPACES_AT_MOST = 1_000;

  @Inject private SpaceAccess access;
  @Inject private PullReader reader;
  @Inject private ReplicaReader replicas;
  @Inject private HomeRecords homes;

  /**
   * The params.
   *
   * @param spaces the spaces to pull, in the caller's order
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
   * @param ucan the UCAN that lets the caller read, unless it is the caller's own space
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
    var signatures = new SignatureBound();
    Failure failure = null;
    for (int i = 0; i < claims.size(); i++) {
      Wanted wanted = known.get(i);
      if (claims.get(i) instanceof SpaceAccess.Claim.Away) {
        failure = new Failure.Internal("the database of a space is away");
        continue;
      }
      if (signatures.permits(claims.get(i))) {
        access
            .settle(claims.get(i))
            .granted()
            .ifPresent(granted -> readable.add(new PullStream.Part(granted, wanted)));
      }
    }
    return readable.stream().allMatch(part -> part.access().home().isEmpty())
        ? new PullStream(reader, replicas, readable, failure)
        : sequence(readable, failure);
  }

  /** Asks all home servers at once, and puts their spaces and those of this server in order. */
  private ChunkStream sequence(List<PullStream.Part> readable, @Nullable Failure failure) {
    Map<String, Iterator<ChunkSource>> remote = remote(readable);
    var streams = new ArrayList<ChunkSource>();
    var here = new ArrayList<PullStream.Part>();
    for (PullStream.Part part : readable) {
      String home = part.access().home().orElse(null);
      if (home == null) {
        here.add(part);
        continue;
      }
      if (!here.isEmpty()) {
        streams.add(new PullStream(reader, replicas, here, null));
        here.clear();
      }
      streams.add(Objects.requireNonNull(remote.get(home)).next());
    }
    if (!here.isEmpty() || failure != null) {
      streams.add(new PullStream(reader, replicas, here, failure));
    }
    return new PullSequence(streams);
  }

  private Map<String, Iterator<ChunkSource>> remote(List<PullStream.Part> readable) {
    var asked = new LinkedHashMap<String, List<HomeRecords.RemoteSpace>>();
    for (PullStream.Part part : readable) {
      Access granted = part.access();
      granted
          .home()
          .ifPresent(
              home ->
                  asked
                      .computeIfAbsent(home, first -> new ArrayList<>())
                      .add(
                          new HomeRecords.RemoteSpace(
                              granted.space(), part.wanted(), granted.capability().orElseThrow())));
    }
    var streams = new HashMap<String, Iterator<ChunkSource>>();
    asked.forEach((home, wanted) -> streams.put(home, homes.pull(home, wanted).iterator()));
    return streams;
  }
}
