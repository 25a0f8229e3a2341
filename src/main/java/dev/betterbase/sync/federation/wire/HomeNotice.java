package dev.betterbase.sync.federation.wire;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameTooLarge;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.SyncMarker;
import dev.betterbase.sync.rpc.method.Notification;
import org.jspecify.annotations.Nullable;

/**
 * A notification from the home server of a space (methods.md, Notifications from the server). Its
 * list is passed on as it is.
 */
public sealed interface HomeNotice {
  SpaceId space();

  /** A notification that has a cursor. */
  sealed interface UnderCursor extends HomeNotice {
    long cursor();

    /** The notification for a subscriber, with the subscriber's spelling of the space id. */
    Notification spelled(String spelling);
  }

  /**
   * A push. If {@code prev} equals the cursor it has no records: a marker, on which the client
   * pulls.
   */
  record Sync(SpaceId space, long prev, long cursor, Encoded records) implements UnderCursor {
    @Override
    public Notification spelled(String spelling) {
      return new Notification.Sync(
          space, cursor, frame(spelling), later -> SyncMarker.frame(spelling, later));
    }

    private byte[] frame(String spelling) {
      try {
        return FrameWriter.notification(
            "sync",
            params ->
                params
                    .beginMap(5)
                    .field("space", spelling)
                    .field("prev", prev)
                    .field("cursor", cursor)
                    .field("key_generation", 0)
                    .key("records"),
            records);
      } catch (FrameTooLarge longerSpelling) {
        return SyncMarker.frame(spelling, cursor);
      }
    }
  }

  /**
   * A membership entry or a file.
   *
   * @param method {@code membership} or {@code file}
   * @param listed the key of the list: {@code entries} or {@code files}
   */
  record Listed(SpaceId space, long cursor, String method, String listed, Encoded list)
      implements UnderCursor {
    @Override
    public Notification spelled(String spelling) {
      return new Notification.Lasting(
          space,
          FrameWriter.notification(
              method,
              params ->
                  params.beginMap(3).field("space", spelling).field("cursor", cursor).key(listed),
              list));
    }
  }

  /** A UCAN was revoked, or the subscription has ended. */
  record Revoked(SpaceId space) implements HomeNotice {}

  /**
   * Reads the params of a notification.
   *
   * @throws Failure.InvalidParams if they are not valid for this method
   */
  static HomeNotice read(String method, CborReader reader) {
    String spelling = null;
    Long prev = null;
    Long cursor = null;
    Encoded list = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> spelling = reader.text();
        case "prev" -> prev = reader.int64();
        case "cursor" -> cursor = reader.int64();
        case "records", "entries", "files" -> list = reader.encodedList();
        default -> reader.skip();
      }
    }
    SpaceId space = SpaceId.parse(required(spelling)).orElseThrow(Failure.InvalidParams::new);
    return switch (method) {
      case "sync" -> new Sync(space, required(prev), required(cursor), required(list));
      case "membership" -> new Listed(space, required(cursor), method, "entries", required(list));
      case "file" -> new Listed(space, required(cursor), method, "files", required(list));
      case "revoked" -> new Revoked(space);
      default -> throw new Failure.InvalidParams();
    };
  }

  private static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new Failure.InvalidParams();
    }
    return value;
  }
}
