package dev.betterbase.sync.protocol;

/**
 * A message after which the connection must be closed, with the code and reason to close with.
 * There is no stack trace, because the client is at fault and refusing it must cost next to
 * nothing.
 */
public final class ProtocolViolation extends Exception {
  private final Close close;

  public ProtocolViolation(Close close) {
    super(close.reason(), null, false, false);
    this.close = close;
  }

  public Close close() {
    return close;
  }
}
