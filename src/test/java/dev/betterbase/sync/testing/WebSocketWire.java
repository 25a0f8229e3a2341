package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The client side of a WebSocket (RFC 6455) over a plain socket. It is written by hand because
 * tests must do what libraries rightly prevent: not read, send malformed and fragmented frames,
 * leave out the mask, cut the TCP connection, and see each ping and the exact close code and
 * reason.
 *
 * <p>It reads only during a call of {@link #read}, so a test can be a client that does not read.
 * One thread may write while another reads; otherwise it is not thread-safe.
 */
public final class WebSocketWire implements AutoCloseable {
  /** Opcodes, RFC 6455 section 5.2. */
  public static final int CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int HEADER_LIMIT = 16_384;

  private final Socket socket;
  private final OutputStream output;
  private byte[] buffer = new byte[16_384];
  private int start;
  private int end;
  private byte[] message = new byte[0];
  private int messageOpcode;
  private boolean ended;

  /** A message or control frame from the server. Values of this type are not compared. */
  public sealed interface Incoming {
    /** A complete binary message. */
    record Binary(byte[] payload) implements Incoming {}

    /** A complete text message. */
    record Text(String payload) implements Incoming {}

    /** A ping frame. */
    record Ping(byte[] payload) implements Incoming {}

    /** A pong frame. */
    record Pong(byte[] payload) implements Incoming {}

    /** A close frame. The code is 1005 if the frame has none. */
    record Close(int code, String reason) implements Incoming {}

    /** The end of the TCP connection; {@code reset} if it was reset instead of closed. */
    record End(boolean reset) implements Incoming {}
  }

  /** The response to a handshake. Names of headers are in lower case. */
  public record Handshake(int status, Map<String, List<String>> headers, String body) {
    /** The first value of a header. */
    public Optional<String> header(String name) {
      List<String> values = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
      return values.stream().findFirst();
    }
  }

  private WebSocketWire(Socket socket) throws IOException {
    this.socket = socket;
    this.output = socket.getOutputStream();
  }

  /**
   * Opens a TCP connection to a port on loopback.
   *
   * @param receiveBuffer the receive buffer of the socket in bytes, or 0 for the system's default;
   *     a small buffer makes a slow client
   */
  public static WebSocketWire connect(int port, int receiveBuffer) {
    try {
      Socket socket = new Socket();
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
      return new WebSocketWire(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a TLS connection to a port on loopback. */
  public static WebSocketWire connectEncrypted(int port) {
    try {
      return new WebSocketWire(EncryptedSocket.connect(port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends the opening handshake with additional header lines (each {@code Name: value}). */
  public Handshake handshake(String path, String... lines) {
    byte[] key = new byte[16];
    RANDOM.nextBytes(key);
    StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\n");
    request.append("Host: 127.0.0.1:").append(socket.getPort()).append("\r\n");
    request.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
    request.append("Sec-WebSocket-Key: ").append(Base64.getEncoder().encodeToString(key));
    for (String line : lines) {
      request.append("\r\n").append(line);
    }
    request.append("\r\n\r\n");
    sendRaw(request.toString().getBytes(StandardCharsets.ISO_8859_1));
    return readHandshake(Duration.ofMinutes(1));
  }

  private Handshake readHandshake(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    int headerEnd = headerEnd();
    while (headerEnd < 0) {
      if (end - start > HEADER_LIMIT || !fill(deadline)) {
        throw new AssertionError("no handshake response: " + bufferedText(end));
      }
      headerEnd = headerEnd();
    }
    String[] lines = bufferedText(headerEnd).split("\r\n", -1);
    start = headerEnd + 4;
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      String[] parts = lines[i].split(":\\s*", 2);
      headers
          .computeIfAbsent(parts[0].toLowerCase(Locale.ROOT), ignored -> new ArrayList<>())
          .add(parts[1]);
    }
    int status = Integer.parseInt(lines[0].split(" ", 3)[1]);
    int length = Integer.parseInt(headers.getOrDefault("content-length", List.of("0")).get(0));
    while (status != 101 && end - start < length && fill(deadline)) {
      // fill() has read on
    }
    String body = status == 101 ? "" : bufferedText(Math.min(end, start + length));
    return new Handshake(status, headers, body);
  }

  private int headerEnd() {
    for (int i = start; i + 3 < end; i++) {
      if (buffer[i] == '\r' && buffer[i + 1] == '\n' && buffer[i + 2] == '\r') {
        return i;
      }
    }
    return -1;
  }

  private String bufferedText(int until) {
    return new String(buffer, start, until - start, StandardCharsets.ISO_8859_1);
  }

  /** Sends one complete frame, masked as RFC 6455 requires of clients. */
  public void send(int opcode, byte[] payload) {
    sendRaw(frame(opcode, true, true, payload));
  }

  /**
   * The bytes of a frame.
   *
   * @param last the FIN bit
   * @param masked whether to mask the payload, as RFC 6455 requires of clients
   */
  public static byte[] frame(int opcode, boolean last, boolean masked, byte[] payload) {
    byte[] header = header(opcode, last, masked, payload.length);
    byte[] frame = new byte[header.length + (masked ? 4 : 0) + payload.length];
    System.arraycopy(header, 0, frame, 0, header.length);
    int at = header.length;
    if (!masked) {
      System.arraycopy(payload, 0, frame, at, payload.length);
      return frame;
    }
    byte[] mask = new byte[4];
    ThreadLocalRandom.current().nextBytes(mask);
    System.arraycopy(mask, 0, frame, at, 4);
    at += 4;
    for (int i = 0; i < payload.length; i++) {
      frame[at + i] = (byte) (payload[i] ^ mask[i & 3]);
    }
    return frame;
  }

  /** The header of a frame up to its mask, for frames whose length is more than their payload. */
  public static byte[] header(int opcode, boolean last, boolean masked, long length) {
    ByteBuffer header = ByteBuffer.allocate(10);
    header.put((byte) ((last ? 0x80 : 0) | opcode));
    int maskBit = masked ? 0x80 : 0;
    if (length < 126) {
      header.put((byte) (maskBit | length));
    } else if (length < 65_536) {
      header.put((byte) (maskBit | 126)).putShort((short) length);
    } else {
      header.put((byte) (maskBit | 127)).putLong(length);
    }
    byte[] bytes = new byte[header.position()];
    header.flip().get(bytes);
    return bytes;
  }

  /** Sends bytes without framing. */
  public void sendRaw(byte[] bytes) {
    try {
      output.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads the next complete message or control frame. Returns empty if none came within the limit;
   * an incomplete one is kept for the next call.
   */
  public Optional<Incoming> read(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      Frame frame = nextFrame();
      if (frame == null) {
        try {
          if (!fill(deadline)) {
            return ended ? Optional.of(new Incoming.End(false)) : Optional.empty();
          }
        } catch (UncheckedIOException e) {
          return Optional.of(new Incoming.End(true));
        }
        continue;
      }
      switch (frame.opcode) {
        case PING -> {
          return Optional.of(new Incoming.Ping(frame.payload));
        }
        case PONG -> {
          return Optional.of(new Incoming.Pong(frame.payload));
        }
        case CLOSE -> {
          return Optional.of(close(frame.payload));
        }
        case TEXT, BINARY, CONTINUATION -> {
          if (frame.opcode != CONTINUATION) {
            messageOpcode = frame.opcode;
            message = frame.payload;
          } else {
            message = concat(message, frame.payload);
          }
          if (frame.last) {
            return Optional.of(
                messageOpcode == BINARY
                    ? new Incoming.Binary(message)
                    : new Incoming.Text(new String(message, StandardCharsets.UTF_8)));
          }
        }
        default -> throw new AssertionError("the server sent a frame with opcode " + frame.opcode);
      }
    }
  }

  private record Frame(int opcode, boolean last, byte[] payload) {}

  private Frame nextFrame() {
    int available = end - start;
    if (available < 2) {
      return null;
    }
    if ((buffer[start] & 0x70) != 0 || (buffer[start + 1] & 0x80) != 0) {
      throw new AssertionError("the server sent a frame with reserved bits or a mask");
    }
    ByteBuffer header = ByteBuffer.wrap(buffer, start, available);
    int first = header.get();
    long length = header.get() & 0x7F;
    if (length == 126) {
      if (available < 4) {
        return null;
      }
      length = header.getShort() & 0xFFFF;
    } else if (length == 127) {
      if (available < 10) {
        return null;
      }
      length = header.getLong();
    }
    int size = Math.toIntExact(header.position() - start + length);
    if (available < size) {
      reserve(size);
      return null;
    }
    byte[] payload = new byte[(int) length];
    header.get(payload);
    start += size;
    return new Frame(first & 0x0F, (first & 0x80) != 0, payload);
  }

  private static Incoming.Close close(byte[] payload) {
    if (payload.length < 2) {
      return new Incoming.Close(1005, "");
    }
    int code = ByteBuffer.wrap(payload).getShort() & 0xFFFF;
    return new Incoming.Close(
        code, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
  }

  private static byte[] concat(byte[] head, byte[] tail) {
    byte[] all = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }

  private void reserve(int size) {
    if (start + size <= buffer.length) {
      return;
    }
    byte[] target = size <= buffer.length ? buffer : new byte[Math.max(size, 2 * buffer.length)];
    System.arraycopy(buffer, start, target, 0, end - start);
    end -= start;
    start = 0;
    buffer = target;
  }

  // Returns false if nothing came before the deadline, or the stream has ended.
  private boolean fill(long deadline) {
    if (start == end) {
      start = 0;
      end = 0;
    }
    if (end == buffer.length) {
      reserve(end - start + 1);
    }
    try {
      long millis = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
      socket.setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
      int count = socket.getInputStream().read(buffer, end, buffer.length - end);
      if (count < 0) {
        ended = true;
        return false;
      }
      end += count;
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Resets the TCP connection. */
  public void cut() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes this side of the TCP connection; it can still read from the server. */
  public void endOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
