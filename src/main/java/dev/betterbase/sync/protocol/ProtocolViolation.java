package dev.betterbase.sync.protocol;

/**
 * A message after which the connection cannot go on: says how it is to be closed. Without a stack
 * trace: the client is at fault, and refusing one must cost next to nothing.
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
