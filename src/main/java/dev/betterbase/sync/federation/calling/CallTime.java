package dev.betterbase.sync.federation.calling;

import java.util.concurrent.TimeUnit;

/** The time that a call to a home server may take (federation.md, Calling). */
final class CallTime {
  /** A call, with the handshake that it may need. Also the longest silence within a stream. */
  static final long NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Both tries of a call that is repeated. */
  static final long REPEATED_NANOS = TimeUnit.SECONDS.toNanos(12);

  private CallTime() {}
}
