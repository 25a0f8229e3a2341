package dev.betterbase.sync.rpc.transport;

import dev.betterbase.sync.protocol.Close;
import java.util.List;

/**
 * One WebSocket connection as the rest of the server sees it: whole binary messages go out, a close
 * goes out, and what comes in reaches a {@link TransportListener}. No type of a WebSocket library
 * appears in it, so that each server may have the transport that suits it.
 *
 * <p>All methods may be called from any thread, and none of them waits for the peer.
 */
public interface TransportConnection {

  /**
   * Sends messages, one WebSocket message each, in the order of the list.
   *
   * <p>At most one call is outstanding: the next one comes only after {@code done} was run.
   *
   * @param messages binary messages; neither the list nor the arrays change afterwards
   * @param done run once, when all messages were handed to the socket or can no longer be sent
   */
  void offer(List<byte[]> messages, Runnable done);

  /**
   * Sends a close frame behind what was offered, and ends the connection. Further calls do nothing.
   */
  void close(Close close);

  /** Sends a ping. A connection that is already gone is no error here. */
  void ping();
}
