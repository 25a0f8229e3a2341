package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.Notification;

/**
 * Something that happened in a space under a cursor, to be told to its subscribers: a push, a
 * membership entry, a file.
 */
public interface Announcement {

  /** Where it happened. */
  SpaceId space();

  /** The cursor under which it happened. */
  long cursor();

  /**
   * The notification for a subscription. It is encoded once for all subscriptions of one spelling.
   *
   * @param spelling how the subscriber wrote the space's id
   */
  Notification spelled(String spelling);
}
