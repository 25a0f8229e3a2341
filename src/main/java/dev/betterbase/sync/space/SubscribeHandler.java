package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.realtime.Subscription;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.Reply;
import dev.betterbase.sync.rpc.RequestHandler;
import dev.betterbase.sync.rpc.RpcConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code subscribe} (methods.md).
 *
 * <p>Each subscription is begun before its space's cursor is read, and delivers only once the reply
 * is on its way: so a push that comes in between is covered by the cursor, or notified.
 */
@ApplicationScoped
public class SubscribeHandler implements RequestHandler<SubscribeParams> {

  private static final Logger LOG = System.getLogger(SubscribeHandler.class.getName());

  /** Spaces in one call. */
  private static final int SPACES_AT_MOST = 1_000;

  @Inject private SpaceAccess access;
  @Inject private SpaceStore spaces;
  @Inject private Subscriptions subscriptions;

  /** A space that was subscribed to. */
  private record Granted(String spelling, Space space) {}

  /** A space that was not, and why. */
  private record Refused(String spelling, ErrorCode error) {}

  /** A space that may be subscribed to once it has been read. */
  private record Begun(String spelling, SpaceId id) {}

  @Override
  public Set<String> methods() {
    return Set.of("subscribe");
  }

  @Override
  public String invalidParams() {
    return "invalid subscribe params";
  }

  @Override
  public SubscribeParams read(CborReader reader) {
    return SubscribeParams.read(reader);
  }

  @Override
  public Reply handle(RpcConnection connection, SubscribeParams params) {
    if (params.spaces().size() > SPACES_AT_MOST) {
      throw new Failure.BadRequest("too many spaces in subscribe request");
    }
    var call = new Call(connection);
    for (SubscribeParams.Wanted wanted : params.spaces()) {
      call.begin(wanted.id());
    }
    call.resolve();
    return Reply.of(result(call.granted, call.refused)).then(call::activate);
  }

  private static Body result(List<Granted> granted, List<Refused> refused) {
    return writer -> {
      writer.beginMap(refused.isEmpty() ? 1 : 2).key("spaces").beginList(granted.size());
      granted.forEach(each -> write(writer, each));
      writer.endList();
      if (!refused.isEmpty()) {
        writer.key("errors").beginList(refused.size());
        refused.forEach(
            each ->
                writer
                    .beginMap(2)
                    .field("space", WireError.echo(each.spelling()))
                    .field("error", each.error().text())
                    .endMap());
        writer.endList();
      }
      writer.endMap();
    };
  }

  private static void write(CborWriter writer, Granted granted) {
    Space space = granted.space();
    writer
        .beginMap(space.rewrapEpoch().isPresent() ? 4 : 3)
        .field("id", granted.spelling())
        .field("cursor", space.cursor())
        .field("key_generation", space.keyGeneration());
    space.rewrapEpoch().ifPresent(epoch -> writer.field("rewrap_epoch", epoch));
    writer.endMap();
  }

  /** One call, from its first space to the moment when all that were granted deliver. */
  private final class Call {
    private final RpcConnection connection;
    private final List<Begun> begun = new ArrayList<>();
    private final List<Granted> granted = new ArrayList<>();
    private final List<Refused> refused = new ArrayList<>();

    /** By space, since one that is named twice is subscribed to once, in its last spelling. */
    private final Map<SpaceId, Subscription> pending = new HashMap<>();

    private final Map<SpaceId, Long> cursors = new HashMap<>();

    Call(RpcConnection connection) {
      this.connection = connection;
    }

    void begin(String spelling) {
      SpaceId id = SpaceId.parse(spelling).orElse(null);
      if (id == null) {
        refused.add(new Refused(spelling, ErrorCode.BAD_REQUEST));
        return;
      }
      try {
        access.require(connection.caller(), id, Permission.READ);
      } catch (Failure.Forbidden e) {
        refused.add(new Refused(spelling, ErrorCode.FORBIDDEN));
        return;
      }
      subscriptions
          .begin(connection, id, spelling)
          .ifPresentOrElse(
              subscription -> {
                pending.put(id, subscription);
                begun.add(new Begun(spelling, id));
              },
              () -> refused.add(new Refused(spelling, ErrorCode.RATE_LIMITED)));
    }

    /** Reads the spaces, which creates a personal one on its first use. */
    void resolve() {
      Map<SpaceId, Space> found = Map.of();
      ErrorCode otherwise = ErrorCode.FORBIDDEN;
      if (!begun.isEmpty()) {
        try {
          found = read(connection.caller());
        } catch (StorageException e) {
          LOG.log(Level.WARNING, "subscribe: {0}", e.getMessage());
          otherwise = ErrorCode.INTERNAL;
        }
      }
      for (Begun each : begun) {
        Space space = found.get(each.id());
        if (space != null && space.personal()) {
          granted.add(new Granted(each.spelling(), space));
          cursors.put(each.id(), space.cursor());
        } else {
          refused.add(new Refused(each.spelling(), otherwise));
          Subscription unused = pending.remove(each.id());
          if (unused != null) {
            subscriptions.cancel(connection, each.id(), unused);
          }
        }
      }
    }

    private Map<SpaceId, Space> read(AccessToken caller) {
      return caller.personalSpace().isPresent()
          ? spaces.findAllOrMakePersonal(
              pending.keySet(), caller.personalSpace().get(), caller.clientId())
          : spaces.findAll(pending.keySet());
    }

    void activate() {
      pending.forEach((id, subscription) -> subscription.activate(cursors.getOrDefault(id, 0L)));
    }
  }
}
