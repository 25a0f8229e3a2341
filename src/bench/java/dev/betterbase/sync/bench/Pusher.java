package dev.betterbase.sync.bench;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A connection that pushes again and again. */
final class Pusher implements AutoCloseable {
  private final RpcSocket socket;
  private final PushFrame frame;
  private final long[] written;
  private int next;
  private long sentAt;

  private Pusher(RpcSocket socket, PushFrame frame, long[] written) {
    this.socket = socket;
    this.frame = frame;
    this.written = written;
  }

  /** Pushes new records. */
  static Pusher ofNew(RpcSocket socket, PushFrame frame) {
    return new Pusher(socket, frame, new long[0]);
  }

  /**
   * Writes the same records again and again.
   *
   * @param written the cursor at which each of them was last written, by its number
   */
  static Pusher ofUpdates(RpcSocket socket, PushFrame frame, long[] written) {
    return new Pusher(socket, frame, written);
  }

  RpcSocket socket() {
    return socket;
  }

  /** When the current push was sent; 0 if there is none. */
  long sentAt() {
    return sentAt;
  }

  void push() throws IOException {
    ByteBuffer bytes =
        written.length == 0 ? frame.withNewIds() : frame.withRecord(next, written[next]);
    sentAt = System.nanoTime();
    socket.send(bytes);
  }

  /** Handles the reply. */
  void pushed(ByteBuffer reply) throws IOException {
    long cursor = PushFrame.cursor(reply);
    if (written.length > 0) {
      written[next] = cursor;
      next = (next + 1) % written.length;
    }
    sentAt = 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
