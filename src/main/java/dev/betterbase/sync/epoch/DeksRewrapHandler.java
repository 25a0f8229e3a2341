package dev.betterbase.sync.epoch;

import dev.betterbase.sync.epoch.DekStore.RewrapOutcome;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.UuidText;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code deks.rewrap} and {@code deks.rewrapFiles} (methods.md). Every connection has the scope
 * that they need, {@code sync} (protocol.md, Connecting).
 */
abstract class DeksRewrapHandler extends SpaceRequestHandler<DeksRewrapHandler.Params> {
  private final DekOwner owner;
  private final SpaceAction action;

  @Inject private DekStore deks;
  @Inject private DekReadings readings;

  /** The DEKs of records. */
  @ApplicationScoped
  public static class OfRecords extends DeksRewrapHandler {
    public OfRecords() {
      super(DekOwner.RECORD, SpaceAction.DEKS_REWRAP);
    }

    @Override
    public Set<String> methods() {
      return Set.of("deks.rewrap");
    }

    @Override
    public String invalidParams() {
      return "invalid deks rewrap params";
    }
  }

  /** The DEKs of files. */
  @ApplicationScoped
  public static class OfFiles extends DeksRewrapHandler {
    public OfFiles() {
      super(DekOwner.FILE, SpaceAction.DEKS_REWRAP_FILES);
    }

    @Override
    public Set<String> methods() {
      return Set.of("deks.rewrapFiles", "file.deks.rewrap");
    }

    @Override
    public String invalidParams() {
      return "invalid file deks rewrap params";
    }
  }

  DeksRewrapHandler(DekOwner owner, SpaceAction action) {
    this.owner = owner;
    this.action = action;
  }

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan the UCAN that makes the caller an admin, unless it is the caller's own space
   * @param deks as they were sent, unchecked
   */
  record Params(String space, @Nullable String ucan, List<Sent> deks) implements SpaceParams {
    Params {
      deks = List.copyOf(deks);
    }
  }

  /** One DEK. */
  record Sent(String id, byte[] dek) {
    static Sent read(CborReader reader) {
      String id = null;
      byte[] dek = null;
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "id" -> id = reader.text();
          case "dek" -> dek = reader.bytes();
          default -> reader.skip();
        }
      }
      if (id == null || dek == null) {
        throw new Failure.InvalidParams();
      }
      return new Sent(id, dek);
    }
  }

  @Override
  public SpaceAction action() {
    return action;
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    List<Sent> sent = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "deks" -> sent = reader.list(() -> Sent.read(reader));
        default -> reader.skip();
      }
    }
    if (space == null || sent == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, sent);
  }

  @Override
  protected SpaceTask prepare(Connection connection, Params params) {
    return access -> rewrap(connection, access, params);
  }

  private Reply rewrap(Connection connection, Access access, Params params) {
    Collection<Rewrap> wrapped = wrapped(params.deks());
    RewrapOutcome outcome =
        deks.rewrap(access, owner, wrapped, readings.find(connection, access.space(), owner))
            .orFail();
    return switch (outcome) {
      case RewrapOutcome.Rewrapped(int count) ->
          Reply.of(writer -> writer.beginMap(2).field("ok", true).field("count", count).endMap());
      case RewrapOutcome.OtherEpoch() ->
          throw new Failure.Conflict("DEK epoch does not match current key generation");
      case RewrapOutcome.Unknown() -> throw new Failure.BadRequest(owner.notFound());
      case RewrapOutcome.Changed() -> throw new Failure.Conflict("record changed since deks.get");
    };
  }

  /** If an id is given twice, the last DEK counts, as if they had come one after the other. */
  private static Collection<Rewrap> wrapped(List<Sent> sent) {
    Map<UUID, Rewrap> wrapped = LinkedHashMap.newLinkedHashMap(sent.size());
    for (Sent each : sent) {
      UUID id =
          UuidText.parse(each.id())
              .orElseThrow(() -> new Failure.BadRequest("invalid record: id must be a valid UUID"));
      WrappedDek dek =
          WrappedDek.of(each.dek())
              .orElseThrow(
                  () ->
                      new Failure.BadRequest(
                          "invalid record: wrapped DEK must be exactly 44 bytes"));
      wrapped.put(id, new Rewrap(id, dek));
    }
    return wrapped.values();
  }
}
