package dev.betterbase.sync.protocol;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Collects the bytes of one frame. The generator hands over a frame that fits into its own buffer
 * in one piece, and the copy of that is the frame. The parts of a longer frame are kept and joined
 * at the end, which takes less memory than a growing buffer.
 */
final class FrameBuffer extends OutputStream {
  private final List<byte[]> parts = new ArrayList<>(1);
  private final int limit;
  private int size;

  /**
   * @param limit the greatest number of bytes; writing more throws {@link FrameTooLarge}
   */
  FrameBuffer(int limit) {
    this.limit = limit;
  }

  @Override
  public void write(int oneByte) {
    write(new byte[] {(byte) oneByte}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (length > limit - size) {
      throw new FrameTooLarge();
    }
    parts.add(Arrays.copyOfRange(bytes, offset, offset + length));
    size += length;
  }

  /** The frame; nothing may be written after this. */
  byte[] frame() {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    byte[] frame = new byte[size];
    int end = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, frame, end, part.length);
      end += part.length;
    }
    return frame;
  }
}
