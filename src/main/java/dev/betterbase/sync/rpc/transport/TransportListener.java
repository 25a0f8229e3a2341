package dev.betterbase.sync.rpc.transport;

import dev.betterbase.sync.protocol.Close;

/**
 * What a transport tells of one connection. The calls of one connection come one after another,
 * except {@link #closed()}, which may come at any time.
 */
public interface TransportListener {

  /** Bytes came in, whatever they are: the peer lives. */
  void heard();

  /** A frame came in, of whatever kind: one more for the bound on frames a second. */
  void frame();

  /**
   * The longest message that is taken now, in bytes; asked when a frame announces its length.
   * Before the first message was handled it may be less than afterwards.
   */
  int messageLimit();

  /**
   * A whole binary message.
   *
   * @param message its bytes, which now belong to the listener
   */
  void binary(byte[] message);

  /**
   * A whole text message.
   *
   * @param message what it says
   */
  void text(String message);

  /**
   * What came in cannot be taken: it breaks RFC 6455 or a limit. The listener closes, and whatever
   * else comes in is discarded.
   *
   * @param close with what to close
   */
  void refused(Close close);

  /** The peer has begun to close, and the transport answers it. Nothing else will come in. */
  void closing();

  /** The connection is gone, for whatever reason. Called at least once; the first call counts. */
  void closed();
}
