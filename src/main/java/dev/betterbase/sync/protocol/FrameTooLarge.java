package dev.betterbase.sync.protocol;

/**
 * A frame would exceed {@link FrameWriter#MAX_FRAME_BYTES} and was not written. Its content must be
 * chunked, paged, sent later or left for a pull (protocol.md, After authentication).
 */
public final class FrameTooLarge extends RuntimeException {
  FrameTooLarge() {
    super("frame over " + FrameWriter.MAX_FRAME_BYTES + " bytes", null, false, false);
  }
}
