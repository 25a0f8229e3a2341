package dev.betterbase.sync.rpc.transport;

import dev.betterbase.sync.protocol.Close;
import java.util.List;

/**
 * One WebSocket connection as the rest of the server sees it. Whole binary messages and a close go
 * out, and what comes in reaches a {@link TransportListener}. No type of a WebSocket library
 * appears here, so that each application server can have the transport that suits it.
 *
 * <p>All methods may be called from any thread, and none of them waits for the peer.
 */
public interface TransportConnection {

  /**
   * Sends messages, one WebSocket message each, in the order of the list.
   *
   * <p>At most one call is outstanding: the next one must not come before {@code done} was run.
   *
   * @param messages binary messages; neither the list nor the arrays may change afterwards
   * @param done run once, when the socket has taken all messages or they can no longer be sent
   */
  void offer(List<byte[]> messages, Runnable done);

  /** The offered bytes, frame headers included, that the socket has not taken yet. */
  long unsentBytes();

  /**
   * The bytes that the socket has taken since the beginning. If this stays the same while bytes are
   * unsent, the peer takes nothing.
   */
  long takenBytes();

  /**
   * Stops reading: no further message reaches the listener until {@link #resume()}. If it is called
   * from anywhere but a call to the listener, one more message may come.
   *
   * @return false if this transport cannot stop reading
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

  /**
   * Whether bytes of the peer have come that this server has not read yet, because all of its
   * threads are busy or reading is suspended; false on a transport that cannot tell.
   */
  boolean hasUnread();

  /** Sends a ping. Does nothing if the connection is gone. */
  void ping();

  /**
   * Sends a close frame ahead of all but the batch that was offered. Further calls do nothing, and
   * nothing offered afterwards is sent.
   *
   * @param sent run once, when the socket has taken the close frame or the connection is gone;
   *     immediately on a transport that cannot tell
   */
  void close(Close close, Runnable sent);

  /** Ends the connection at once, without a close frame. Does nothing if it is gone. */
  void cut();
}
