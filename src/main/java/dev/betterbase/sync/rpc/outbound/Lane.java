package dev.betterbase.sync.rpc.outbound;

import org.jspecify.annotations.Nullable;

/**
 * How much waits on a connection of one kind, replies or notifications, and what more there is room
 * for. Guarded by the lock of its queue.
 */
public final class Lane {

  /**
   * How much may wait.
   *
   * @param frames frames at most
   * @param bytes bytes at most; a single frame enters an empty lane whatever its size
   */
  record Room(int frames, int bytes) {}

  private final Room room;
  private final @Nullable SendBudget budget;
  private int frames;
  private long bytes;

  /**
   * @param budget what all such lanes of the node share; none where what waits is shared as well
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
