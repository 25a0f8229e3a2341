package dev.betterbase.sync.cluster;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.UUID;

/**
 * Another node, as the bus sees it: the packets that it has not confirmed, and those that it has
 * sent.
 */
final class RemoteNode {
  /** The bytes that a node may be sent without a confirmation. Beyond them, the node is skipped. */
  private static final long WINDOW_BYTES = 8L * 1024 * 1024;

  private static final int WINDOW_PACKETS = 8_192;
  private static final long NONE = -1;

  private record Sent(long number, int length) {}

  private final UUID node;
  private final BusSeal seal;

  private final ArrayDeque<Sent> unconfirmed = new ArrayDeque<>();
  private long unconfirmedBytes;

  private final long joined;
  private long lastNumber = NONE;
  private long lastHeard;
  private long lastPacket;
  private long missedPackets;
  private long skippedMessages;

  /**
   * @param seal opens what the node has sealed
   * @param now {@link System#nanoTime()}
   */
  RemoteNode(UUID node, BusSeal seal, long now) {
    this.node = node;
    this.seal = seal;
    this.joined = now;
    this.lastHeard = now;
    this.lastPacket = now;
  }

  UUID node() {
    return node;
  }

  BusSeal seal() {
    return seal;
  }

  /** Whether one more packet may be sent. */
  synchronized boolean hasRoom() {
    return unconfirmedBytes < WINDOW_BYTES && unconfirmed.size() < WINDOW_PACKETS;
  }

  /** A packet was sent. */
  synchronized void sent(long number, int length) {
    unconfirmed.add(new Sent(number, length));
    unconfirmedBytes += length;
  }

  /** The node has heard this packet. What came before has arrived, or never will. */
  synchronized void confirmed(long number) {
    for (Sent first = unconfirmed.peek();
        first != null && first.number() <= number;
        first = unconfirmed.peek()) {
      unconfirmedBytes -= first.length();
      unconfirmed.remove();
    }
  }

  /**
   * A packet has come from the node.
   *
   * @param now {@link System#nanoTime()}
   * @return the number of messages that were lost before it; negative if it came before
   */
  synchronized long received(long number, long now) {
    if (number <= lastNumber) {
      return -1;
    }
    long missed = lastNumber == NONE ? 0 : number - lastNumber - 1;
    lastNumber = number;
    lastHeard = now;
    lastPacket = now;
    missedPackets += missed;
    return missed;
  }

  /** The node was behind, so it was not sent these messages. */
  synchronized void skipped(int messages) {
    skippedMessages += messages;
  }

  /**
   * The state of the node for an operator.
   *
   * @param now {@link System#nanoTime()}
   */
  synchronized NodeSummary summary(long now) {
    return new NodeSummary(
        node,
        Duration.ofNanos(now - joined),
        Duration.ofNanos(Math.max(0, now - lastPacket)),
        unconfirmed.size(),
        unconfirmedBytes,
        missedPackets,
        skippedMessages);
  }

  /** The number of the last packet that came from the node; negative if none did. */
  synchronized long lastNumber() {
    return lastNumber;
  }

  /** Whether nothing has come from the node for so long. If so, begins to count anew. */
  synchronized boolean isSilent(long nanos, long now) {
    if (now - lastHeard < nanos) {
      return false;
    }
    lastHeard = now;
    return true;
  }
}
