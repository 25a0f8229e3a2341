package dev.betterbase.sync.protocol;

/** What one binary message of an authenticated peer means (protocol.md, After authentication). */
public sealed interface InboundFrame {
  /**
   * Wants exactly one reply.
   *
   * @param id what the reply repeats, at most 1,024 bytes of UTF-8; empty where none was given
   * @param method of any length; empty where none was given
   */
  record Request(String id, String method, Params params) implements InboundFrame {}

  /**
   * Gets no reply.
   *
   * @param method of any length; empty where none was given
   */
  record Notification(String method, Params params) implements InboundFrame {}

  /** A keepalive, or a frame that only a server sends: nothing is to be done. */
  record Ignored() implements InboundFrame {}
}
