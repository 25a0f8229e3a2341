package dev.betterbase.sync.protocol;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Collects the bytes of one frame. The generator hands a frame that fits in its own buffer over at
 * once, so that the first write is mostly the only one: its copy is then the frame itself.
 */
final class FrameBuffer extends ByteArrayOutputStream {
  FrameBuffer() {
    super(0);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    if (length > FrameWriter.MAX_FRAME_BYTES - count) {
      throw new FrameTooLarge();
    }
    if (count == 0) {
      buf = Arrays.copyOfRange(bytes, offset, offset + length);
      count = length;
    } else {
      super.write(bytes, offset, length);
    }
  }

  /** The frame; nothing may be written behind it. */
  synchronized byte[] frame() {
    return count == buf.length ? buf : toByteArray();
  }
}
