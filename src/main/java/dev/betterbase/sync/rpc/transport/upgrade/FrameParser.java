package dev.betterbase.sync.rpc.transport.upgrade;

import java.nio.ByteBuffer;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.websocket.core.Configuration;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.exception.ProtocolException;
import org.eclipse.jetty.websocket.core.internal.FrameSequence;
import org.eclipse.jetty.websocket.core.internal.Parser;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's parser, with the checks that RFC 6455 demands of a server: masks, reserved bits and the
 * order of frames. A data frame that has not come in whole is delivered in pieces, so that the
 * parser keeps no payload and its header is seen before its payload.
 */
final class FrameParser {

  /** Called when the header of a frame was read. */
  interface Headers {
    /**
     * A frame begins.
     *
     * @param opcode its opcode
     * @param fin whether the frame ends its message
     * @param length the length of its payload, in bytes
     */
    void began(byte opcode, boolean fin, int length);
  }

  private static final int FIN = 0x80;
  private static final ByteBufferPool NO_POOL = new ByteBufferPool.NonPooling();
  private static final Configuration IN_PIECES = inPieces();

  private final Headers headers;
  private final FrameSequence sequence = new FrameSequence();
  private final Parser parser;

  /** Whether the header of a frame was read, but not all of its payload. */
  private boolean inPayload;

  private boolean atStart = true;
  private boolean fin;

  FrameParser(Headers headers) {
    this.headers = headers;
    this.parser = new HeaderFirst();
  }

  private static Configuration inPieces() {
    var configuration = new Configuration.ConfigurationCustomizer();
    configuration.setAutoFragment(true);
    configuration.setMaxFrameSize(0);
    return configuration;
  }

  /**
   * The next frame or piece of a frame, unmasked, or null if more bytes are needed.
   *
   * @param buffer the bytes that came in, at least one; they are changed, and become the payload of
   *     the frame
   * @throws org.eclipse.jetty.websocket.core.exception.WebSocketException if the peer breaks the
   *     RFC; nothing can be read after that
   */
  Frame.@Nullable Parsed next(ByteBuffer buffer) {
    if (atStart) {
      // Read here, because the parser tells it only with the last piece of a frame.
      fin = (buffer.get(buffer.position()) & FIN) != 0;
      atStart = false;
    }
    Frame.Parsed frame = parser.parse(buffer);
    if (frame == null) {
      return null;
    }
    if (!inPayload) {
      // The parser shows only the headers of frames with a payload.
      headers.began(frame.getOpCode(), fin, 0);
    }
    inPayload = parser.getPayloadLength() > 0;
    atStart = !inPayload;
    if (frame.hasRsv()) {
      throw new ProtocolException("reserved bits");
    }
    if (!frame.isMasked()) {
      // RFC 6455, section 5.1.
      throw new ProtocolException("not masked");
    }
    sequence.check(frame.getOpCode(), frame.isFin());
    frame.demask();
    return frame;
  }

  private final class HeaderFirst extends Parser {
    HeaderFirst() {
      super(NO_POOL, IN_PIECES);
    }

    @Override
    protected void checkFrameSize(byte opcode, int length) {
      if (inPayload) {
        return;
      }
      if (!OpCode.isKnown(opcode)) {
        throw new ProtocolException("unknown opcode");
      }
      super.checkFrameSize(opcode, length);
      inPayload = true;
      headers.began(opcode, fin, length);
    }
  }
}
