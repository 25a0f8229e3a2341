package dev.betterbase.sync.protocol;

/** The error codes of an RPC reply (protocol.md, Error codes). */
public enum ErrorCode {
  INVALID_PARAMS("invalid_params"),
  BAD_REQUEST("bad_request"),
  FORBIDDEN("forbidden"),
  NOT_FOUND("not_found"),
  CONFLICT("conflict"),
  RATE_LIMITED("rate_limited"),
  PAYLOAD_TOO_LARGE("payload_too_large"),
  METHOD_NOT_FOUND("method_not_found"),
  INTERNAL("internal"),
  KEY_GENERATION_STALE("key_generation_stale");

  private final String text;

  ErrorCode(String text) {
    this.text = text;
  }

  /** The code as it stands on the wire. */
  public String text() {
    return text;
  }
}
