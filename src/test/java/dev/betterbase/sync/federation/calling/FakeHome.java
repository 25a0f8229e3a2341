package dev.betterbase.sync.federation.calling;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A home server whose answers the test decides: whole messages over a plain socket. It checks
 * nothing, not even signatures.
 */
public final class FakeHome implements AutoCloseable {
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final ServerSocket listener;
  private final Handshakes handshakes;
  private final Script script;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** Which connections it accepts. */
  interface Handshakes {
    /**
     * Whether to answer the handshake of a connection. If not, the connection is closed. May wait.
     *
     * @param connection 1 for the first
     */
    boolean accept(int connection) throws InterruptedException;
  }

  /** What it does with one request. */
  public interface Script {
    void on(JsonNode message, Peer peer) throws IOException;
  }

  /** The server that called. */
  public static final class Peer {
    private final OutputStream out;

    private Peer(OutputStream out) {
      this.out = out;
    }

    /** Sends a value as one binary message. */
    public void send(Object value) throws IOException {
      sendBytes(WireClient.encode(value));
    }

    /** Sends any bytes as one binary message. */
    synchronized void sendBytes(byte[] message) throws IOException {
      out.write(WebSocketWire.frame(WebSocketWire.BINARY, true, false, message));
      out.flush();
    }
  }

  /** A home that accepts all connections. */
  public FakeHome(int port, Script script) throws IOException {
    this(port, connection -> true, script);
  }

  FakeHome(int port, Handshakes handshakes, Script script) throws IOException {
    this.handshakes = handshakes;
    this.listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress());
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  /** A result, for the request that asked. */
  static Map<String, Object> result(JsonNode request, Object result) {
    return Requests.map("type", 1, "id", request.get("id").asText(), "result", result);
  }

  /** The result of a {@code subscribe} to one space: granted, at cursor 5. */
  public static Map<String, Object> granted(JsonNode request) {
    return result(
        request,
        Map.of(
            "spaces",
            List.of(
                Requests.map(
                    "id",
                    request.at("/params/spaces/0/id").asText(),
                    "cursor",
                    5,
                    "key_generation",
                    1))));
  }

  /** The number of connections so far. */
  public int calls() {
    return sockets.size();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        sockets.add(socket);
        int number = sockets.size();
        Thread.ofVirtual().start(() -> serve(socket, number));
      }
    } catch (IOException closed) {
      // The test has closed the home.
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      var in = new DataInputStream(socket.getInputStream());
      var out = socket.getOutputStream();
      String head = head(in);
      if (!handshakes.accept(number)) {
        return;
      }
      out.write(answer(head).getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      var peer = new Peer(out);
      while (true) {
        byte[] message = message(in);
        JsonNode frame = WireClient.CBOR.readTree(message);
        // A frame without an id asks for no answer: the caller unsubscribes, or keeps the
        // connection alive.
        if (frame.has("id")) {
          script.on(frame, peer);
        }
      }
    } catch (IOException gone) {
      // The caller or the test has closed the connection.
    } catch (InterruptedException unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  private static String head(DataInputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  private static String answer(String head) throws IOException {
    String key =
        head.lines()
            .filter(line -> line.regionMatches(true, 0, "Sec-WebSocket-Key:", 0, 18))
            .findFirst()
            .orElseThrow(() -> new IOException("no handshake"))
            .substring(18)
            .strip();
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + MAGIC).getBytes(StandardCharsets.ISO_8859_1));
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Protocol: betterbase-rpc-v1\r\nSec-WebSocket-Accept: "
          + Base64.getEncoder().encodeToString(hash)
          + "\r\n\r\n";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The next data message, unmasked; control frames are skipped. */
  private static byte[] message(DataInputStream in) throws IOException {
    var message = new ByteArrayOutputStream();
    while (true) {
      int first = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      long length = second & 0x7F;
      length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
      byte[] mask = in.readNBytes(4);
      byte[] payload = in.readNBytes((int) length);
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i % 4];
      }
      if ((first & 0x0F) == WebSocketWire.CLOSE) {
        throw new IOException("closed");
      }
      if ((first & 0x08) == 0) {
        message.writeBytes(payload);
        if ((first & 0x80) != 0) {
          return message.toByteArray();
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
