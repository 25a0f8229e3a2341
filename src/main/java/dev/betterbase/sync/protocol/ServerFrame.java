package dev.betterbase.sync.protocol;

/** The meaning of one binary message of a server to its caller (protocol.md, Frames). */
public sealed interface ServerFrame {
  /** The result of a request. */
  record Result(String id, Params result) implements ServerFrame {}

  /**
   * A request failed.
   *
   * @param code of any length
   * @param message of any length
   */
  record Failed(String id, String code, String message) implements ServerFrame {}

  /** A part of the answer to a request. */
  record Chunk(String id, String name, Params data) implements ServerFrame {}

  /** A notification. */
  record Notification(String method, Params params) implements ServerFrame {}

  /** A keepalive, or a frame of an unknown type. */
  record Ignored() implements ServerFrame {}
}
