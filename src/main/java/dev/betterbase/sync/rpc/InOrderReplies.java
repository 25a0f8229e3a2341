package dev.betterbase.sync.rpc;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Sends replies on the connection's own thread, which is what keeps them in order. The standard
 * transport cannot suspend reading, so that thread waits, with a bound, until the client has taken
 * what lies before them.
 */
final class InOrderReplies {

  /** How long a reply waits for room before the client counts as too slow. */
  private static final long PATIENCE_SECONDS = 30;

  /** What became of replies. */
  enum Outcome {
    /** They wait to be sent, or nothing is sent any more. */
    SENT,
    /** The client took too little for too long. */
    NO_ROOM,
    /** The server is stopping. */
    INTERRUPTED
  }

  private final OutboundQueue outbound;

  InOrderReplies(OutboundQueue outbound) {
    this.outbound = outbound;
  }

  Outcome send(List<byte[]> frames) {
    int next = outbound.offerReplies(frames, 0);
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
