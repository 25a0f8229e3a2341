package dev.betterbase.sync.rpc.outbound;

import dev.betterbase.sync.rpc.transport.TransportConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Sends replies in the order of their requests. If a reply finds no room, no further request is
 * read until the client has taken enough of the frames before it. On a transport that cannot
 * suspend reading, the thread that handles the requests waits, with a bound.
 */
public final class InOrderReplies {

  /** The time that a thread waits for room before the client counts as too slow. */
  private static final long PATIENCE_SECONDS = 30;

  /** The outcome of an attempt to queue the replies. */
  public enum Outcome {
    /** They are queued, or the connection is closing and sends nothing more. */
    SENT,
    /** They wait for room, and no further request is read before they find it. */
    PARKED,
    /** The client took too little for too long. */
    NO_ROOM,
    /** The server is stopping. */
    INTERRUPTED
  }

  private final OutboundQueue outbound;
  private final TransportConnection transport;
  private final Runnable parking;
  private final Runnable answered;

  /** The replies that found no room; guarded by itself. */
  private final List<byte[]> parked = new ArrayList<>();

  /**
   * @param parking run when replies begin to wait for room
   * @param answered run when they have found it
   */
  public InOrderReplies(
      OutboundQueue outbound, TransportConnection transport, Runnable parking, Runnable answered) {
    this.outbound = outbound;
    this.transport = transport;
    this.parking = parking;
    this.answered = answered;
  }

  public Outcome send(List<byte[]> frames) {
    synchronized (parked) {
      if (!parked.isEmpty()) {
        parked.addAll(frames);
        return Outcome.PARKED;
      }
    }
    int next = outbound.offerReplies(frames, 0);
    if (next == frames.size()) {
      return Outcome.SENT;
    }
    if (!transport.suspend()) {
      return waitForRoom(frames, next);
    }
    parking.run();
    synchronized (parked) {
      parked.addAll(frames.subList(next, frames.size()));
    }
    outbound.whenRoomForReply(frames.get(next).length, this::goOn);
    return Outcome.PARKED;
  }

  private void goOn() {
    int length;
    synchronized (parked) {
      int sent = outbound.offerReplies(parked, 0);
      parked.subList(0, sent).clear();
      length = parked.isEmpty() ? -1 : parked.getFirst().length;
    }
    if (length < 0) {
      answered.run();
    } else {
      outbound.whenRoomForReply(length, this::goOn);
    }
  }

  private Outcome waitForRoom(List<byte[]> frames, int from) {
    int next = from;
    while (next < frames.size()) {
      var room = new CountDownLatch(1);
      outbound.whenRoomForReply(frames.get(next).length, room::countDown);
      try {
        if (!room.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          return Outcome.NO_ROOM;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Outcome.INTERRUPTED;
      }
      next = outbound.offerReplies(frames, next);
    }
    return Outcome.SENT;
  }
}
