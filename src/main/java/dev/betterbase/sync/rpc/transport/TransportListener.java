package dev.betterbase.sync.rpc.transport;

import dev.betterbase.sync.protocol.Close;

/**
 * Receives the events of one connection. They come one after another, except {@link #closed()},
 * which may come at any time.
 */
public interface TransportListener {

  /** Bytes of any kind came in, so the peer is alive. */
  void heard();

  /** A frame of any kind came in, which counts for the frame rate. */
  void frame();

  /**
   * The longest message that is accepted now, in bytes. It is asked for when a frame announces its
   * length. Before the first message was handled it may be less than afterwards.
   */
  int messageLimit();

  /**
   * The party whose share of the node's memory the messages of this connection take: equal for all
   * connections of one person or peer. It is asked for after the first message was handled.
   */
  Object sender();

  /**
   * A whole binary message.
   *
   * @param message the bytes, which now belong to the listener
   */
  void binary(byte[] message);

  /**
   * A whole text message.
   *
   * @param message the text
   */
  void text(String message);

  /**
   * The incoming bytes break RFC 6455 or a limit. The listener closes the connection, and
   * everything else that comes in is discarded.
   *
   * @param close the code and reason to close with
   */
  void refused(Close close);

  /** The peer has begun to close, and the transport answers it. Nothing else will come in. */
  void closing();

  /** The connection is gone, for any reason. Called at least once; the first call counts. */
  void closed();
}
