package dev.betterbase.sync.realtime;

import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.Objects;
import java.util.function.Function;

/**
 * An event of a space that has a cursor and is told to its subscribers: a push, a membership entry
 * or a file.
 *
 * @param space the space of the event
 * @param cursor the cursor of the event
 * @param message the notification
 */
public record Announcement(SpaceId space, long cursor, Message message) {
  public Announcement {
    Objects.requireNonNull(space);
    Objects.requireNonNull(message);
  }

  /**
   * @param encoding makes the notification for a spelling of the space's id
   */
  public Announcement(SpaceId space, long cursor, Function<String, Notification> encoding) {
    this(space, cursor, new Message(encoding));
  }

  /** The message for other nodes. */
  BusMessage forOtherNodes() {
    Notification notification = message.spelled(space.toString());
    return BusMessage.of(
        space, cursor, notification instanceof Notification.Sync, notification.frame());
  }
}
