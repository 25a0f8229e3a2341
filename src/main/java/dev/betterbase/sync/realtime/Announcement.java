package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.Objects;
import java.util.function.Function;

/**
 * Something that happened in a space under a cursor, to be told to its subscribers: a push, a
 * membership entry, a file.
 *
 * @param space where it happened
 * @param cursor the cursor under which it happened
 * @param message what is told
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
}
