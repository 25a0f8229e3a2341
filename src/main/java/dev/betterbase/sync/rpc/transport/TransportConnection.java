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

  /** The bytes, frame headers included, that were offered and that the socket has not taken yet. */
  long unsentBytes();

  /**
   * The bytes that the socket has taken in all. While some are unsent and this stays the same, the
   * peer takes nothing.
   */
  long takenBytes();

  /**
   * Stops reading: no further message reaches the listener until {@link #resume()}. To be called
   * from within a call to the listener, or else one more message may come.
   *
   * @return false where this transport cannot, and messages go on coming
   */
  boolean suspend();

  /** Goes on reading after {@link #suspend()}. */
  void resume();

  /**
   * Whether the message that is coming in is slower than protocol.md allows (After authentication).
   *
   * @param nanoTime the time now, of {@link System#nanoTime()}
   */
  boolean receivesTooSlowly(long nanoTime);

  /** Sends a ping. A connection that is already gone is no error here. */
  void ping();

  /**
   * Sends a close frame ahead of all but the batch that was offered. Further calls do nothing, and
   * nothing that is offered afterwards is sent.
   *
   * @param sent run once, when the socket has taken the close frame or the connection is gone; on a
   *     transport that cannot tell, at once
   */
  void close(Close close, Runnable sent);

  /** Ends the connection at once, without a word. One that is already gone is no error here. */
  void cut();
}
