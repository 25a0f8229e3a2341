package dev.betterbase.sync.protocol;

/**
 * A frame would pass {@link FrameWriter#MAX_FRAME_BYTES}, so it was not written: what it carries
 * must be chunked, paged, sent after or left for a pull (protocol.md, After authentication).
 */
public final class FrameTooLarge extends RuntimeException {
  FrameTooLarge() {
    super("frame over " + FrameWriter.MAX_FRAME_BYTES + " bytes", null, false, false);
  }
}
