package dev.betterbase.sync.protocol;

/** What one binary message of a server means to whoever called it (protocol.md, Frames). */
public sealed interface ServerFrame {
  /** A request was done. */
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

  /** Something happened. */
  record Notification(String method, Params params) implements ServerFrame {}

  /** A keepalive, or a frame of a kind that is not known. */
  record Ignored() implements ServerFrame {}
}
