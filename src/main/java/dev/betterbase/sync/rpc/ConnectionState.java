package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The phase of a connection, the requests it has in hand, and the resources that it has to give
 * back. Any thread may call. Each method is atomic and calls nothing but the clocks of the
 * connection.
 */
final class ConnectionState {

  /** From the handshake to the end; no phase comes twice. */
  enum Phase {
    /** Nothing was received yet. */
    WAITING_FOR_AUTH,
    /** The first message is being verified. */
    AUTHENTICATING,
    OPEN,
    /** The close frame is on its way, or waits behind other frames. */
    CLOSING,
    CLOSED
  }

  /**
   * The resources that a connection gives back when it ends.
   *
   * @param slot null if it has none
   * @param endings the tasks to be run
   */
  record Holdings(ConnectionSlots.@Nullable Owner slot, List<Runnable> endings) {}

  private final Lifetime lifetime;

  private Phase phase;

  /** The number of messages being handled and of replies that wait for room. */
  private int inHand;

  private @Nullable Close closeAfterwards;
  private @Nullable Close closing;
  private ConnectionSlots.@Nullable Owner slot;
  private final List<Runnable> endings = new ArrayList<>();

  /**
   * @param first the phase that the connection begins in
   * @param lifetime is told when closing begins, before any thread can see the new phase
   */
  ConnectionState(Phase first, Lifetime lifetime) {
    this.phase = first;
    this.lifetime = lifetime;
  }

  synchronized Phase phase() {
    return phase;
  }

  synchronized boolean isBusy() {
    return inHand > 0;
  }

  /** The reason why this side is closing the connection; null if it is not. */
  synchronized @Nullable Close closing() {
    return closing;
  }

  /** Takes a message in hand; false if no message is handled any more. */
  synchronized boolean receive() {
    if (isEnding() || closeAfterwards != null) {
      return false;
    }
    inHand++;
    return true;
  }

  /** Keeps the request in hand after its message was handled. */
  synchronized void hold() {
    inHand++;
  }

  /**
   * Releases what {@link #receive} or {@link #hold} took in hand.
   *
   * @return the reason to close the connection now; null if there is none
   */
  synchronized @Nullable Close release() {
    inHand--;
    return inHand == 0 ? closeAfterwards : null;
  }

  /**
   * Notes that the connection is to be closed once nothing is in hand; the first reason counts.
   *
   * @return false if nothing is in hand, so that the caller can close now
   */
  synchronized boolean closeAfterwards(Close close) {
    if (inHand == 0) {
      return false;
    }
    if (closeAfterwards == null) {
      closeAfterwards = close;
    }
    return true;
  }

  /** Whether this is the first message, which alone may authenticate. */
  synchronized boolean beginAuthentication() {
    if (phase != Phase.WAITING_FOR_AUTH) {
      return false;
    }
    phase = Phase.AUTHENTICATING;
    return true;
  }

  /** Opens the connection with a slot; false if it ended while its token was verified. */
  synchronized boolean open(ConnectionSlots.Owner owner) {
    if (phase != Phase.AUTHENTICATING) {
      return false;
    }
    phase = Phase.OPEN;
    slot = owner;
    return true;
  }

  /** The slot of the connection; null for a peer, and after the end. */
  synchronized ConnectionSlots.@Nullable Owner slot() {
    return slot;
  }

  /**
   * Moves to another slot, which was taken for this connection.
   *
   * @return the slot to give back: the previous one, or the new one if the connection has ended
   */
  synchronized ConnectionSlots.Owner move(ConnectionSlots.Owner owner) {
    ConnectionSlots.Owner previous = slot;
    if (previous == null) {
      return owner;
    }
    slot = owner;
    return previous;
  }

  /** Adds a task to be run at the end; false if the end has already come. */
  synchronized boolean addEnding(Runnable task) {
    if (isEnding()) {
      return false;
    }
    endings.add(task);
    return true;
  }

  /**
   * Begins to close.
   *
   * @param close null if the peer began
   * @param now a {@link System#nanoTime()} value
   * @return false if closing has already begun
   */
  synchronized boolean beginClosing(@Nullable Close close, long now) {
    if (isEnding()) {
      return false;
    }
    phase = Phase.CLOSING;
    closing = close;
    lifetime.closingBegan(now);
    return true;
  }

  /** Ends the connection; false if it has already ended. */
  synchronized boolean end() {
    if (phase == Phase.CLOSED) {
      return false;
    }
    phase = Phase.CLOSED;
    return true;
  }

  /** Hands out the resources to give back; none the second time. */
  synchronized Holdings giveUp() {
    var holdings = new Holdings(slot, List.copyOf(endings));
    slot = null;
    endings.clear();
    return holdings;
  }

  private boolean isEnding() {
    return phase == Phase.CLOSING || phase == Phase.CLOSED;
  }
}
