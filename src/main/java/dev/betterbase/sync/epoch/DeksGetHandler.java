package dev.betterbase.sync.epoch;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceStore;
import dev.betterbase.sync.space.SpaceStreamHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code deks.get} and {@code deks.getFiles} (methods.md). Every connection has the scope that they
 * need, {@code sync} (protocol.md, Connecting).
 */
abstract class DeksGetHandler extends SpaceStreamHandler<DeksGetHandler.Params> {
  private final DekOwner owner;
  private final SpaceAction action;

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
   * @param ucan the UCAN that lets the caller read, unless it is the caller's own space
   * @param since DEKs with a higher cursor are sent
   */
  record Params(String space, @Nullable String ucan, long since) implements SpaceParams {}

  @Override
  public SpaceAction action() {
    return action;
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
  public Set<String> chunks() {
    return Set.of(owner.chunk());
  }

  @Override
  protected ChunkStream open(Connection connection, Access access, Params params) {
    return new DekStream(
        spaces,
        deks,
        owner,
        access,
        params.since(),
        cursor -> readings.note(connection, access.space(), owner, cursor));
  }
}
