package dev.betterbase.sync.rpc.outbound;

import org.jspecify.annotations.Nullable;

/**
 * Counts the waiting frames of one kind on a connection, replies or notifications, and says whether
 * one more finds room. Guarded by the lock of the queue.
 */
public final class Lane {

  /**
   * The bounds of a lane.
   *
   * @param frames the frames that may wait
   * @param bytes the bytes that may wait; a single frame of any size may enter an empty lane
   */
  record Room(int frames, int bytes) {}

  private final Room room;
  private final @Nullable SendBudget budget;
  private int frames;
  private long bytes;
  private long writing;

  /**
   * @param budget the memory that all such lanes of the node share; null if most of the waiting
   *     frames are shared anyway
   */
  Lane(Room room, @Nullable SendBudget budget) {
    this.room = room;
    this.budget = budget;
  }

  /** Whether a frame of this length finds room. */
  boolean takes(int length) {
    return frames == 0 || (frames < room.frames() && bytes + length <= most());
  }

  /**
   * Whether a frame of this length finds room and at least half is free, so that a sender is not
   * woken for every frame that left.
   */
  boolean hasEased(int length) {
    return takes(length) && (frames == 0 || (frames <= room.frames() / 2 && bytes <= most() / 2));
  }

  private int most() {
    return budget == null ? room.bytes() : budget.allowance(room.bytes());
  }

  void added(byte[] frame) {
    frames++;
    count(frame.length);
  }

  void removed(byte[] frame) {
    frames--;
    count(-frame.length);
  }

  /** A frame leaves the lane to be written, but takes memory until {@link #written}. */
  void handedOver(byte[] frame) {
    frames--;
    bytes -= frame.length;
    writing += frame.length;
  }

  /** The frames that were handed over are out, or their connection is gone. */
  void written() {
    if (budget != null) {
      budget.add(-writing);
    }
    writing = 0;
  }

  private void count(int change) {
    bytes += change;
    if (budget != null) {
      budget.add(change);
    }
  }

  /** The bytes that wait. */
  long bytes() {
    return bytes;
  }
}
