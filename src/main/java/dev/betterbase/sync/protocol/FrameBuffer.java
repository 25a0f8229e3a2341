package dev.betterbase.sync.protocol;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Collects the bytes of one frame. The generator hands a frame that fits in its own buffer over at
 * once: its copy is then the frame itself. Of a longer one the parts are kept and joined at the
 * end, which takes less memory than a buffer that grows.
 */
final class FrameBuffer extends OutputStream {
  private final List<byte[]> parts = new ArrayList<>(1);
  private final int limit;
  private int size;

  /**
   * @param limit bytes at most, beyond which writing throws {@link FrameTooLarge}
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

  /** The frame; nothing may be written behind it. */
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
