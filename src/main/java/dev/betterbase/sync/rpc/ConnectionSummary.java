package dev.betterbase.sync.rpc;

import java.time.Duration;
import java.util.Optional;

/**
 * The summary of a connection for an operator. It does not name the caller.
 *
 * @param id as the log names the connection
 * @param kind {@code client}, {@code peer} or {@code unauthenticated}
 * @param age since the handshake
 * @param lastCall the last method that was called; empty before the first call
 * @param sentBytes the bytes that the socket has taken
 * @param waitingBytes the bytes that wait to be sent
 * @param highWaterBytes the most bytes of frames that waited at a time
 */
public record ConnectionSummary(
    String id,
    String kind,
    Duration age,
    Optional<LastCall> lastCall,
    long sentBytes,
    long waitingBytes,
    long highWaterBytes) {

  /**
   * A call on a connection.
   *
   * @param method a method of this server, never a text that only the client knows
   * @param ago the time since it came
   */
  public record LastCall(String method, Duration ago) {}
}
