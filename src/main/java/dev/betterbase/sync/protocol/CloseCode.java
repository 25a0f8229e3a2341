package dev.betterbase.sync.protocol;

/**
 * The codes with which this server closes a WebSocket (protocol.md, Close codes; RFC 6455, section
 * 7.4).
 */
public enum CloseCode {
  GOING_AWAY(1001),
  MALFORMED_FRAME(1002),
  INVALID_PAYLOAD(1007),
  MESSAGE_TOO_BIG(1009),
  INTERNAL(1011),
  AUTH_FAILED(4000),
  TOKEN_EXPIRED(4001),
  FORBIDDEN(4002),
  TOO_MANY_CONNECTIONS(4003),
  PROTOCOL_ERROR(4005),
  SLOW_CONSUMER(4006),
  RATE_LIMITED(4007);

  private final int number;

  CloseCode(int number) {
    this.number = number;
  }

  /** The code as it stands in the close frame. */
  public int number() {
    return number;
  }
}
