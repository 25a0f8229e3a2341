package dev.betterbase.sync.epoch;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.StreamHandler;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceStore;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code deks.get} and {@code deks.getFiles} (methods.md). Their scope, {@code sync}, every
 * connection has (protocol.md, Connecting).
 */
abstract class DeksGetHandler implements StreamHandler<DeksGetHandler.Params> {
  private final DekOwner owner;
  private final SpaceAction action;

  @Inject private SpaceAccess access;
  @Inject private SpaceStore spaces;
  @Inject private DekStore deks;
  @Inject private DekReadings readings;

  /** The DEKs of records. */
  @ApplicationScoped
  public static class OfRecords extends DeksGetHandler {
    public OfRecords() {
      super(DekOwner.RECORD, SpaceAction.DEKS_GET);
    }

    @Override
    public Set<String> methods() {
      return Set.of("deks.get");
    }

    @Override
    public String invalidParams() {
      return "invalid deks get params";
    }
  }

  /** The DEKs of files. */
  @ApplicationScoped
  public static class OfFiles extends DeksGetHandler {
    public OfFiles() {
      super(DekOwner.FILE, SpaceAction.DEKS_GET_FILES);
    }

    @Override
    public Set<String> methods() {
      return Set.of("deks.getFiles", "file.deks.get");
    }

    @Override
    public String invalidParams() {
      return "invalid file deks get params";
    }
  }

  DeksGetHandler(DekOwner owner, SpaceAction action) {
    this.owner = owner;
    this.action = action;
  }

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan by what the caller may read, where it is not its own space
   * @param since the cursor behind which DEKs are wanted
   */
  record Params(String space, @Nullable String ucan, long since) {}

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    long since = 0;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "since" -> since = reader.int64();
        default -> reader.skip();
      }
    }
    if (space == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, since);
  }

  @Override
  public ChunkStream open(Connection connection, Params params) {
    SpaceId space = SpaceId.require(params.space());
    Access granted = access.require(connection.caller(), space, params.ucan(), action);
    return new DekStream(
        spaces,
        deks,
        owner,
        granted,
        params.since(),
        cursor -> readings.note(connection, space, owner, cursor));
  }
}
