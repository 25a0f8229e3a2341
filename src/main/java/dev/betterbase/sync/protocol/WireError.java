package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Objects;

/** An error as an error frame carries it (protocol.md, Frames, Error codes). */
public record WireError(ErrorCode code, String message) {
  private static final int MAX_ECHO_BYTES = 256;

  public WireError {
    Objects.requireNonNull(code);
    Objects.requireNonNull(message);
  }

  /** The one table that translates failures to errors of the protocol. */
  public static WireError of(Failure failure) {
    ErrorCode code =
        switch (failure) {
          case Failure.InvalidParams f -> ErrorCode.INVALID_PARAMS;
          case Failure.BadRequest f -> ErrorCode.BAD_REQUEST;
          case Failure.Forbidden f -> ErrorCode.FORBIDDEN;
          case Failure.NotFound f -> ErrorCode.NOT_FOUND;
          case Failure.Conflict f -> ErrorCode.CONFLICT;
          case Failure.RateLimited f -> ErrorCode.RATE_LIMITED;
          case Failure.PayloadTooLarge f -> ErrorCode.PAYLOAD_TOO_LARGE;
          case Failure.QuotaExceeded f -> ErrorCode.PAYLOAD_TOO_LARGE;
          case Failure.KeyGenerationStale f -> ErrorCode.KEY_GENERATION_STALE;
          case Failure.MethodNotFound f -> ErrorCode.METHOD_NOT_FOUND;
          case Failure.Internal f -> ErrorCode.INTERNAL;
        };
    return new WireError(code, Objects.requireNonNull(failure.getMessage()));
  }

  /**
   * The same table read backwards: turns the answer of another server into a failure here.
   *
   * @param code as received; an unknown one becomes {@code internal}
   * @param message as received; cut to 256 bytes
   */
  public static Failure failure(String code, String message) {
    String text = echo(message);
    return switch (code) {
      case "invalid_params" -> new Failure.InvalidParams(text);
      case "bad_request" -> new Failure.BadRequest(text);
      case "forbidden" -> new Failure.Forbidden(text);
      case "not_found" -> new Failure.NotFound(text);
      case "conflict" -> new Failure.Conflict(text);
      case "rate_limited" -> new Failure.RateLimited(text);
      case "payload_too_large" -> new Failure.PayloadTooLarge();
      case "key_generation_stale" -> new Failure.KeyGenerationStale();
      default -> new Failure.Internal("internal");
    };
  }

  /**
   * A text from a client as an error may repeat it: at most 256 bytes of UTF-8, cut between two
   * characters (protocol.md, Frames).
   */
  public static String echo(String text) {
    // Each character takes at least one byte, so the characters beyond need not be encoded.
    byte[] bytes = text.substring(0, Math.min(text.length(), MAX_ECHO_BYTES + 1)).getBytes(UTF_8);
    if (bytes.length <= MAX_ECHO_BYTES) {
      return text;
    }
    int end = MAX_ECHO_BYTES;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, UTF_8);
  }
}
