package dev.betterbase.sync.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A WebSocket with the least that is needed of it, for the programs that are the limit of the
 * server: a thread for each connection that is served, messages of one frame, and CBOR by Jackson.
 */
final class BareSocket {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());
  private static final int LONGEST_MESSAGE = 1 << 20;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int BINARY = 0x82;

  private final DataInputStream in;
  private final OutputStream out;

  private BareSocket(Socket socket) throws IOException {
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    out = socket.getOutputStream();
  }

  /** What a program does with a connection that is upgraded. */
  interface Conversation {
    /** Ends with an {@link EOFException} when the client goes. */
    void hold(BareSocket socket) throws Exception;
  }

  /**
   * Serves until the process is ended. A request that asks for no WebSocket is answered with 404.
   *
   * @param port on loopback
   * @param threads the most connections that are served at a time
   */
  static void serve(int port, int threads, Conversation conversation) throws IOException {
    try (var listener = new ServerSocket(port, 128, InetAddress.getLoopbackAddress());
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      while (true) {
        Socket socket = listener.accept();
        pool.execute(() -> serve(socket, conversation));
      }
    }
  }

  private static void serve(Socket accepted, Conversation conversation) {
    try (accepted) {
      accepted.setTcpNoDelay(true);
      accepted.setSoTimeout(TIMEOUT_MILLIS);
      BareSocket socket = new BareSocket(accepted);
      String key = socket.webSocketKey();
      if (key.isEmpty()) {
        socket.out.write(
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
        return;
      }
      socket.out.write(upgrade(key).getBytes(ISO_8859_1));
      conversation.hold(socket);
    } catch (EOFException ended) {
      // The client has what it asked for.
    } catch (Exception e) {
      System.err.println(e);
    }
  }

  /** Waits for the next message. */
  JsonNode read() throws IOException {
    in.readUnsignedByte();
    long length = in.readUnsignedByte() & 0x7F;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    if (length < 0 || length > LONGEST_MESSAGE) {
      throw new IOException("a message of " + length + " bytes");
    }
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes((int) length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return CBOR.readTree(payload);
  }

  /**
   * Sends a message.
   *
   * @param message less than 126 bytes when written as CBOR
   */
  void write(Object message) throws IOException {
    write(CBOR.writeValueAsBytes(message));
  }

  /**
   * Sends a message.
   *
   * @param bytes less than 126
   */
  void write(byte[] bytes) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(2 + bytes.length);
    out.write(frame.put((byte) BINARY).put((byte) bytes.length).put(bytes).array());
  }

  /** Reads the header of a request; an empty text if it asks for no WebSocket. */
  private String webSocketKey() throws IOException {
    String name = "Sec-WebSocket-Key:";
    String key = "";
    String line = line();
    while (!line.isEmpty()) {
      if (line.regionMatches(true, 0, name, 0, name.length())) {
        key = line.substring(name.length()).strip();
      }
      line = line();
    }
    return key;
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    int next = in.readUnsignedByte();
    while (next != '\n') {
      line.append((char) next);
      next = in.readUnsignedByte();
    }
    return line.toString().strip();
  }

  private static String upgrade(String key) throws NoSuchAlgorithmException {
    byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(ISO_8859_1));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Protocol: betterbase-rpc-v1\r\nSec-WebSocket-Accept: "
        + Base64.getEncoder().encodeToString(hash)
        + "\r\n\r\n";
  }
}
