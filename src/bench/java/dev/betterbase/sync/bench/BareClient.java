package dev.betterbase.sync.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A WebSocket client that costs next to nothing. Frames are made beforehand, with a mask of zeros,
 * and incoming bytes are only counted.
 */
final class BareClient implements AutoCloseable {
  private static final int BINARY = 0x82;
  private static final int TEXT = 0x81;
  private static final int PONG = 0x8A;
  private static final int MASKED = 0x80;

  final SocketChannel channel;

  /**
   * @param receiveBuffer in bytes; 0 for the default of the system
   */
  BareClient(int port, String path, int receiveBuffer) throws IOException {
    this(port, path, "probe", receiveBuffer, InetAddress.getLoopbackAddress());
  }

  /**
   * @param protocol the WebSocket sub-protocol
   * @param receiveBuffer in bytes; 0 for the default of the system
   * @param from the local address; each address has its own range of ports
   */
  BareClient(int port, String path, String protocol, int receiveBuffer, InetAddress from)
      throws IOException {
    channel = SocketChannel.open();
    if (receiveBuffer > 0) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
    }
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    if (!from.equals(InetAddress.getLoopbackAddress())) {
      channel.bind(new InetSocketAddress(from, 0));
    }
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    write(handshake(port, path, protocol));
    var answer = ByteBuffer.allocate(4096);
    while (!endsHeader(answer)) {
      if (channel.read(answer) < 0) {
        throw new IOException("no handshake");
      }
    }
    String head = new String(answer.array(), 0, answer.position(), US_ASCII);
    if (!head.startsWith("HTTP/1.1 101")) {
      throw new IOException("handshake refused: " + head.lines().findFirst().orElse(""));
    }
  }

  /** A connection whose handshake is done. */
  BareClient(SocketChannel upgraded) {
    channel = upgraded;
  }

  /** The request of a handshake. */
  static ByteBuffer handshake(int port, String path, String protocol) {
    String request =
        "GET /"
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\n"
            + "Upgrade: websocket\r\n"
            + "Connection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            + "Sec-WebSocket-Protocol: "
            + protocol
            + "\r\n\r\n";
    return ByteBuffer.wrap(request.getBytes(US_ASCII));
  }

  private static boolean endsHeader(ByteBuffer answer) {
    int end = answer.position();
    return end > 4 && answer.getInt(end - 4) == 0x0D0A0D0A;
  }

  static ByteBuffer text(String command) {
    return frame(TEXT, command.getBytes(US_ASCII));
  }

  static ByteBuffer binary(int length) {
    return binary(new byte[length]);
  }

  static ByteBuffer binary(byte[] payload) {
    return frame(BINARY, payload);
  }

  static ByteBuffer pong(byte[] payload) {
    return frame(PONG, payload);
  }

  private static ByteBuffer frame(int first, byte[] payload) {
    var frame = ByteBuffer.allocate(payload.length + 14).put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) (MASKED | payload.length));
    } else if (payload.length < 1 << 16) {
      frame.put((byte) (MASKED | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (MASKED | 127)).putLong(payload.length);
    }
    return frame.putInt(0).put(payload).flip();
  }

  void write(ByteBuffer frame) throws IOException {
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /** Reads until this many bytes have come. */
  void await(long bytes, ByteBuffer into) throws IOException {
    long left = bytes;
    while (left > 0) {
      into.clear().limit((int) Math.min(into.capacity(), left));
      int count = channel.read(into);
      if (count < 0) {
        throw new IOException("closed");
      }
      left -= count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
