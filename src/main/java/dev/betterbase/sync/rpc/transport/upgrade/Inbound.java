package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportListener;
import java.nio.ByteBuffer;
import org.eclipse.jetty.util.Utf8StringBuilder;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.exception.BadPayloadException;
import org.eclipse.jetty.websocket.core.exception.MessageTooLargeException;
import org.eclipse.jetty.websocket.core.exception.WebSocketException;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of one connection into messages (RFC 6455, section 5), within the limits of
 * protocol.md (After authentication). Used by one thread at a time, except {@link #isTooSlow}.
 */
final class Inbound {

  /** Is told of control frames and of the need for memory. */
  interface Events {
    void ping(ByteBuffer payload);

    /**
     * The peer's close frame; nothing comes after it.
     *
     * @param code the code of the peer, or {@link CloseStatus#NO_CODE}
     */
    void peerClose(int code);

    /** Whether more bytes are to be handled now. Asked after every frame. */
    boolean wantsMore();

    /** The incoming message has to wait for memory. */
    void waitForMemory();

    /** The memory that a message waited for has been reserved. */
    void memoryCame();
  }

  private final ReceiveBudget budget;
  private final TransportListener listener;
  private final Events events;
  private final FrameParser parser = new FrameParser(this::began);
  private final MessageBuffer message = new MessageBuffer();

  private @Nullable Utf8StringBuilder text;
  private int received;
  private int announced;
  private long counted;
  private boolean whole;
  private boolean ended;
  private boolean failed;
  private volatile boolean discarding;
  private volatile ReceiveBudget.@Nullable Reservation reservation;

  /** The time at which the memory of the incoming message was reserved; 0 if none was asked for. */
  private volatile long memoryAt;

  private volatile long sinceMemory;

  Inbound(ReceiveBudget budget, TransportListener listener, Events events) {
    this.budget = budget;
    this.listener = listener;
    this.events = events;
  }

  /**
   * Handles the bytes that came in. Bytes that the connection does not want yet stay in the buffer.
   *
   * @param buffer the bytes, which are changed
   */
  void receive(ByteBuffer buffer) {
    if (discarding) {
      drop();
    }
    takeMemory();
    while (buffer.hasRemaining() && !ended && events.wantsMore()) {
      try {
        Frame.Parsed frame = parser.next(buffer);
        if (frame != null) {
          handle(frame);
        }
      } catch (WebSocketException e) {
        // The frames after this one cannot be told apart: read them to the end and ignore them.
        failed = true;
        ended = true;
        drop();
        listener.refused(reason(e));
      }
    }
    if (ended) {
      buffer.position(buffer.limit());
    }
  }

  private static Close reason(WebSocketException e) {
    return switch (e) {
      case MessageTooLargeException tooLarge -> Close.MESSAGE_TOO_BIG;
      case BadPayloadException invalid -> Close.INVALID_UTF8;
      default -> Close.MALFORMED_FRAME;
    };
  }

  /** Whether the peer broke the RFC, so that nothing more can be understood. */
  boolean hasFailed() {
    return failed;
  }

  /** Ignores everything that comes in from now on, except control frames. */
  void discard() {
    discarding = true;
  }

  /** Gives back all memory, because nothing comes in any more. */
  void end() {
    ended = true;
    drop();
  }

  /** Whether the incoming message is slower than it may be. */
  boolean isTooSlow(long nanoTime) {
    ReceiveBudget.Reservation holding = reservation;
    long since = memoryAt;
    return holding != null
        && since != 0
        && holding.isTooSlow(sinceMemory, nanoTime - since, nanoTime);
  }

  private void began(byte opcode, boolean fin, int length) {
    listener.frame();
    if (OpCode.isControlFrame(opcode) || discarding) {
      return;
    }
    long total = (long) received + length;
    long limit = Math.min(listener.messageLimit(), budget.longest());
    if (total > limit) {
      discarding = true;
      drop();
      listener.refused(Close.MESSAGE_TOO_BIG);
      return;
    }
    announced = (int) total;
    whole = fin;
    ReceiveBudget.Reservation holding = reservation;
    if (holding != null) {
      if (fin) {
        holding.shrinkTo(total);
      }
    } else if (total > ReceiveBudget.FREE_BYTES) {
      // The length of a message in fragments is not announced: reserve for the longest.
      reservation = budget.reserve(listener.sender(), fin ? total : limit, events::memoryCame);
      takeMemory();
    }
  }

  private void takeMemory() {
    ReceiveBudget.Reservation holding = reservation;
    if (holding == null || memoryAt != 0) {
      return;
    }
    if (!holding.isHeld()) {
      events.waitForMemory();
      return;
    }
    counted = 0;
    sinceMemory = 0;
    memoryAt = Math.max(1, System.nanoTime());
    if (whole && text == null) {
      message.expect(announced);
    }
  }

  private void handle(Frame.Parsed frame) {
    switch (frame.getOpCode()) {
      case OpCode.PING -> events.ping(frame.getPayload());
      case OpCode.PONG -> {}
      case OpCode.CLOSE -> {
        var status = new CloseStatus(frame.getPayload());
        ended = true;
        drop();
        events.peerClose(status.getCode());
      }
      default -> data(frame);
    }
  }

  private void data(Frame.Parsed frame) {
    if (discarding) {
      return;
    }
    if (frame.getOpCode() == OpCode.TEXT) {
      text = new Utf8StringBuilder();
    }
    ByteBuffer payload = frame.getPayload();
    if (payload != null) {
      received += payload.remaining();
      if (memoryAt != 0) {
        counted += payload.remaining();
        sinceMemory = counted;
      }
      if (text == null) {
        message.add(payload, listener.messageLimit());
      } else {
        text.append(payload);
        if (text.hasCodingErrors()) {
          throw new BadPayloadException.InvalidUtf8();
        }
      }
    }
    if (frame.isFin()) {
      deliver();
    }
  }

  private void deliver() {
    memoryAt = 0;
    received = 0;
    Utf8StringBuilder said = text;
    text = null;
    try {
      if (said == null) {
        listener.binary(message.take());
      } else {
        listener.text(said.takeCompleteString(BadPayloadException.InvalidUtf8::new));
      }
    } finally {
      drop();
    }
  }

  private void drop() {
    forget().run();
  }

  /**
   * Forgets the incoming message.
   *
   * @return gives its memory back; to be run without a lock, since others are then served
   */
  private Runnable forget() {
    message.clear();
    text = null;
    memoryAt = 0;
    ReceiveBudget.Reservation holding = reservation;
    reservation = null;
    return holding == null ? () -> {} : holding::close;
  }

  /**
   * Forgets the incoming message if no part of it is wanted any more. Like {@link #receive}, not to
   * be called while another thread is in it.
   *
   * @return gives its memory back; to be run without a lock, since others are then served
   */
  Runnable forgetDiscarded() {
    return discarding ? forget() : () -> {};
  }
}
