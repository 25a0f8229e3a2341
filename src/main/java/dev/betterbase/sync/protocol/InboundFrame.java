package dev.betterbase.sync.protocol;

/**
 * The meaning of one binary message of an authenticated peer (protocol.md, After authentication).
 */
public sealed interface InboundFrame {
  /**
   * A request, which gets exactly one reply.
   *
   * @param id repeated in the reply, at most 1,024 bytes of UTF-8; empty if absent
   * @param method of any length; empty if absent
   */
  record Request(String id, String method, Params params) implements InboundFrame {}

  /**
   * A notification, which gets no reply.
   *
   * @param method of any length; empty if absent
   */
  record Notification(String method, Params params) implements InboundFrame {}

  /** A keepalive, or a frame that only a server sends; it is ignored. */
  record Ignored() implements InboundFrame {}
}
