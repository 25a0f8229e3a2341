package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a connection is, what it has in hand, and what it has to give back. Any thread may call;
 * each method is one step that no other comes between, and calls nothing but the connection's own
 * clocks.
 */
final class ConnectionState {

  /** From the handshake to the end; a phase is never gone back to. */
  enum Phase {
    /** Nothing was received yet. */
    WAITING_FOR_AUTH,
    /** The first message is being looked at. */
    AUTHENTICATING,
    OPEN,
    /** The close frame is on its way, or waits behind what goes out before it. */
    CLOSING,
    CLOSED
  }

  /**
   * What a connection that ends gives back.
   *
   * @param slot null where it had none
   * @param endings what is to be run
   */
  record Holdings(ConnectionSlots.@Nullable Owner slot, List<Runnable> endings) {}

  private final Lifetime lifetime;

  private Phase phase;

  /** What is not answered yet: a message that is handled, and replies that wait for room. */
  private int inHand;

  private @Nullable Close closeAfterwards;
  private @Nullable Close closing;
  private ConnectionSlots.@Nullable Owner slot;
  private final List<Runnable> endings = new ArrayList<>();

  /**
   * @param first the phase it begins in
   * @param lifetime is told when closing begins, before anybody can see that it has
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

  /** Why it is closing; null where the other end began, or nobody has. */
  synchronized @Nullable Close closing() {
    return closing;
  }

  /** Takes in hand what came in; false where nothing is taken any more. */
  synchronized boolean receive() {
    if (isEnding() || closeAfterwards != null) {
      return false;
    }
    inHand++;
    return true;
  }

  /** The request stays in hand, whatever becomes of its message. */
  synchronized void hold() {
    inHand++;
  }

  /**
   * Lets go of what was in hand.
   *
   * @return why the connection is to be closed now, if it is
   */
  synchronized @Nullable Close release() {
    inHand--;
    return inHand == 0 ? closeAfterwards : null;
  }

  /**
   * Notes that the connection is to be closed once nothing is in hand; the first reason counts.
   *
   * @return false where nothing is, and so it can be closed now
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

  /** Opens it, with a slot; false where it ended while its token was looked at. */
  synchronized boolean open(ConnectionSlots.Owner owner) {
    if (phase != Phase.AUTHENTICATING) {
      return false;
    }
    phase = Phase.OPEN;
    slot = owner;
    return true;
  }

  /** The slot it has; null for a peer, and once it has ended. */
  synchronized ConnectionSlots.@Nullable Owner slot() {
    return slot;
  }

  /**
   * Goes over to another slot, which was taken for it.
   *
   * @return the one to give back: that which it had, or the new one where it has ended
   */
  synchronized ConnectionSlots.Owner move(ConnectionSlots.Owner owner) {
    ConnectionSlots.Owner previous = slot;
    if (previous == null) {
      return owner;
    }
    slot = owner;
    return previous;
  }

  /** Adds what is to be run at the end; false where it has come already. */
  synchronized boolean addEnding(Runnable task) {
    if (isEnding()) {
      return false;
    }
    endings.add(task);
    return true;
  }

  /**
   * The one step into closing.
   *
   * @param close null where the other end began
   * @param now a {@link System#nanoTime()} value
   * @return false where it was taken before
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

  /** The one step into the end; false where it was taken before. */
  synchronized boolean end() {
    if (phase == Phase.CLOSED) {
      return false;
    }
    phase = Phase.CLOSED;
    return true;
  }

  /** What is to be given back; nothing the second time. */
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
