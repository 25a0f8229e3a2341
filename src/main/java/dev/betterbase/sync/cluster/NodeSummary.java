package dev.betterbase.sync.cluster;

import java.time.Duration;
import java.util.UUID;

/**
 * Another node, as this one sees it.
 *
 * @param node its id, which it has until it is stopped
 * @param seenFor the time since it joined, or since this node did
 * @param heardAgo the time since a packet of it came; a node sends one each second
 * @param waitingPackets packets that it was sent and has not confirmed
 * @param waitingBytes their bytes
 * @param missedPackets packets of it that did not arrive here
 * @param skippedMessages messages that it was not sent, because too many packets were waiting
 */
public record NodeSummary(
    UUID node,
    Duration seenFor,
    Duration heardAgo,
    int waitingPackets,
    long waitingBytes,
    long missedPackets,
    long skippedMessages) {}
