package dev.betterbase.sync.rpc;

import java.time.Duration;

/**
 * What an operator may know of a connection: nothing of who is at the other end.
 *
 * @param id as the log names the connection
 * @param kind {@code client}, {@code peer} or {@code unauthenticated}
 * @param age since the handshake
 * @param sentBytes the bytes that the socket has taken
 * @param waitingBytes the bytes that wait to be sent
 * @param highWaterBytes the most bytes of frames that waited at a time
 */
public record ConnectionSummary(
    String id, String kind, Duration age, long sentBytes, long waitingBytes, long highWaterBytes) {}
