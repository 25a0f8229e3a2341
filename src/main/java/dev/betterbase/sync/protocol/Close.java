package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Objects;

/**
 * The close of a connection: the code and the reason, which clients compare (protocol.md,
 * Connecting, After authentication, Close codes).
 *
 * @param reason at most 123 bytes in UTF-8, which is what fits into a close frame (RFC 6455,
 *     section 5.5)
 */
public record Close(CloseCode code, String reason) {
  private static final int MAX_REASON_BYTES = 123;

  public static final Close AUTH_TIMEOUT = new Close(CloseCode.AUTH_FAILED, "auth timeout");
  public static final Close TEXT_AUTH_FRAME =
      new Close(CloseCode.AUTH_FAILED, "expected binary auth frame");
  public static final Close EMPTY_AUTH_FRAME = new Close(CloseCode.AUTH_FAILED, "empty auth frame");
  public static final Close INVALID_AUTH_FRAME =
      new Close(CloseCode.AUTH_FAILED, "invalid auth frame");
  public static final Close NOT_AN_AUTH_FRAME =
      new Close(CloseCode.AUTH_FAILED, "first frame must be an auth notification");
  public static final Close EMPTY_AUTH_TOKEN = new Close(CloseCode.AUTH_FAILED, "empty auth token");
  public static final Close INVALID_AUTH_TOKEN =
      new Close(CloseCode.AUTH_FAILED, "invalid auth token");
  public static final Close EXPIRED_AUTH_TOKEN =
      new Close(CloseCode.AUTH_FAILED, "expired auth token");
  public static final Close UNTRUSTED_AUTH_ISSUER =
      new Close(CloseCode.AUTH_FAILED, "untrusted auth issuer");
  public static final Close SYNC_SCOPE_REQUIRED =
      new Close(CloseCode.AUTH_FAILED, "sync scope required");

  public static final Close TOKEN_EXPIRED = new Close(CloseCode.TOKEN_EXPIRED, "token expired");
  public static final Close TOO_MANY_CONNECTIONS =
      new Close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections");
  public static final Close TOO_MANY_PEER_CONNECTIONS =
      new Close(CloseCode.TOO_MANY_CONNECTIONS, "too many federation connections");
  public static final Close CONNECTION_TIMEOUT =
      new Close(CloseCode.GOING_AWAY, "connection timeout");

  /** A client that waited to authenticate gave its place to one of another address. */
  public static final Close CROWDED_OUT =
      new Close(CloseCode.GOING_AWAY, "too many unauthenticated connections");

  /** An operator has ended this one connection. The client may come back at once. */
  public static final Close BY_OPERATOR = new Close(CloseCode.GOING_AWAY, "closed by the operator");

  public static final Close SHUTTING_DOWN = new Close(CloseCode.GOING_AWAY, "server shutting down");

  public static final Close NO_SIGN_OF_LIFE = new Close(CloseCode.GOING_AWAY, "no sign of life");
  public static final Close INTERNAL = new Close(CloseCode.INTERNAL, "internal");
  public static final Close MESSAGE_TOO_BIG =
      new Close(CloseCode.MESSAGE_TOO_BIG, "message too big");

  /** The peer breaks RFC 6455 itself, below the level of messages. */
  public static final Close MALFORMED_FRAME =
      new Close(CloseCode.MALFORMED_FRAME, "malformed frame");

  public static final Close INVALID_UTF8 = new Close(CloseCode.INVALID_PAYLOAD, "invalid UTF-8");

  public static final Close EMPTY_FRAME = new Close(CloseCode.PROTOCOL_ERROR, "empty binary frame");
  public static final Close INVALID_FRAME =
      new Close(CloseCode.PROTOCOL_ERROR, "invalid cbor frame");
  public static final Close TEXT_FRAME =
      new Close(CloseCode.PROTOCOL_ERROR, "expected binary rpc frame");
  public static final Close MESSAGE_TOO_SLOW =
      new Close(CloseCode.PROTOCOL_ERROR, "message too slow");
  public static final Close SLOW_CONSUMER = new Close(CloseCode.SLOW_CONSUMER, "slow consumer");
  public static final Close RATE_LIMITED = new Close(CloseCode.RATE_LIMITED, "rate limit exceeded");

  public Close {
    Objects.requireNonNull(code);
    if (reason.getBytes(UTF_8).length > MAX_REASON_BYTES) {
      throw new IllegalArgumentException("close reason over " + MAX_REASON_BYTES + " bytes");
    }
  }
}
