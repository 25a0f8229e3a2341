package dev.betterbase.sync.realtime;

import dev.betterbase.sync.rpc.method.Notification;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A notification for the subscribers of a space, encoded once for all subscribers that spell the id
 * of the space alike, which is nearly all of them. Safe for use by many threads.
 */
public final class Message {
  private final Function<String, Notification> encoding;
  private final Map<String, Notification> spelled = new HashMap<>();

  /**
   * @param encoding makes the notification for a spelling of the space's id
   */
  public Message(Function<String, Notification> encoding) {
    this.encoding = encoding;
  }

  /** The notification for subscriptions with this spelling of the id. */
  synchronized Notification spelled(String spelling) {
    return spelled.computeIfAbsent(spelling, encoding);
  }
}
