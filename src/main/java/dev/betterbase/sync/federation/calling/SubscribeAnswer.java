package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.space.HomeSubscriptions;
import dev.betterbase.sync.space.SubscribeResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The answer of a home server to {@code subscribe}, and the request for it (federation.md). */
public final class SubscribeAnswer {
  private final Map<SpaceId, Each> bySpace;

  /** The part of the answer about one space. */
  public sealed interface Each {}

  /**
   * The home has subscribed this server to the space.
   *
   * @param token renews the subscription; "" if the home gives none
   */
  public record SubscribedAtHome(SubscribeResult.State state, String token) implements Each {}

  public record Refused(ErrorCode why) implements Each {}

  private SubscribeAnswer(Map<SpaceId, Each> bySpace) {
    this.bySpace = bySpace;
  }

  /** An answer without a space. */
  public static SubscribeAnswer none() {
    return new SubscribeAnswer(Map.of());
  }

  public Each of(SpaceId space) {
    return bySpace.getOrDefault(space, new Refused(ErrorCode.INTERNAL));
  }

  /** The params by which members are subscribed. */
  public static Body ask(List<HomeSubscriptions.Wanted> wanted) {
    return writer -> {
      writer.beginMap(1).key("spaces").beginList(wanted.size());
      for (HomeSubscriptions.Wanted each : wanted) {
        writer
            .beginMap(3)
            .field("id", each.space().toString())
            .field("since", each.since())
            .field("ucan", each.ucan())
            .endMap();
      }
      writer.endList().endMap();
    };
  }

  /** The params by which subscriptions are renewed. */
  public static Body renew(List<HomeSpace> spaces) {
    return writer -> {
      writer.beginMap(1).key("spaces").beginList(spaces.size());
      for (HomeSpace space : spaces) {
        String token = space.token();
        String ucan = token == null ? space.anyUcan() : null;
        writer
            .beginMap(token == null && ucan == null ? 2 : 3)
            .field("id", space.id().toString())
            .field("since", 0);
        if (token != null) {
          writer.field("token", token);
        } else if (ucan != null) {
          writer.field("ucan", ucan);
        }
        writer.endMap();
      }
      writer.endList().endMap();
    };
  }

  /** The params by which a subscription is given up. */
  public static Body unsubscribe(SpaceId space) {
    return writer ->
        writer.beginMap(1).key("spaces").beginList(1).text(space.toString()).endList().endMap();
  }

  /**
   * Reads an answer.
   *
   * @throws Failure.Internal if it is malformed
   */
  public static SubscribeAnswer read(Encoded answer) {
    Map<SpaceId, Each> bySpace = new HashMap<>();
    try {
      CborReader reader = answer.reader();
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "spaces" -> reader.list(() -> readSubscribed(reader, bySpace));
          case "errors" -> reader.list(() -> readRefused(reader, bySpace));
          default -> reader.skip();
        }
      }
    } catch (Failure.InvalidParams malformed) {
      throw new Failure.Internal(malformed);
    }
    return new SubscribeAnswer(bySpace);
  }

  private static boolean readSubscribed(CborReader reader, Map<SpaceId, Each> bySpace) {
    String id = "";
    long cursor = 0;
    int keyGeneration = 0;
    OptionalInt rewrapEpoch = OptionalInt.empty();
    String token = "";
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "id" -> id = reader.text();
        case "cursor" -> cursor = reader.int64();
        case "key_generation" -> keyGeneration = reader.int32();
        case "rewrap_epoch" -> rewrapEpoch = OptionalInt.of(reader.int32());
        case "token" -> token = reader.text();
        default -> reader.skip();
      }
    }
    var state = new SubscribeResult.State(Math.max(cursor, 0), keyGeneration, rewrapEpoch);
    var subscribed = new SubscribedAtHome(state, token);
    return SpaceId.parse(id).map(space -> bySpace.put(space, subscribed)).isPresent();
  }

  private static boolean readRefused(CborReader reader, Map<SpaceId, Each> bySpace) {
    String id = "";
    String error = "";
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> id = reader.text();
        case "error" -> error = reader.text();
        default -> reader.skip();
      }
    }
    var refused = new Refused(WireError.of(WireError.failure(error, "")).code());
    return SpaceId.parse(id).map(space -> bySpace.putIfAbsent(space, refused)).isPresent();
  }

  /** The meaning of the failure of a call for a space. */
  public static ErrorCode code(@Nullable Throwable failure) {
    return failure == null ? ErrorCode.INTERNAL : WireError.of(HomeLink.asFailure(failure)).code();
  }
}
