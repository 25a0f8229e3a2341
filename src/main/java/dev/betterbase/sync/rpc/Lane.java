package dev.betterbase.sync.rpc;

/**
 * How much waits on a connection of one kind, replies or notifications, and what more there is room
 * for. Guarded by the lock of its queue.
 */
final class Lane {

  /**
   * How much may wait.
   *
   * @param frames frames at most
   * @param bytes bytes at most; a single frame enters an empty lane whatever its size
   */
  record Room(int frames, int bytes) {}

  private final Room room;
  private int frames;
  private long bytes;

  Lane(Room room) {
    this.room = room;
  }

  /** Whether a frame of this length finds room. */
  boolean takes(int length) {
    return frames == 0 || (frames < room.frames() && bytes + length <= room.bytes());
  }

  /**
   * Whether a frame of this length finds room and at least half is free, so that a sender is not
   * woken for every frame that left.
   */
  boolean hasEased(int length) {
    return takes(length)
        && (frames == 0 || (frames <= room.frames() / 2 && bytes <= room.bytes() / 2));
  }

  void added(byte[] frame) {
    frames++;
    bytes += frame.length;
  }

  void removed(byte[] frame) {
    frames--;
    bytes -= frame.length;
  }

  /** The bytes that wait. */
  long bytes() {
    return bytes;
  }
}
