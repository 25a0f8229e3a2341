package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Map;

/**
 * A connection of the load client. Frames are made beforehand, and incoming messages are handed
 * over in place, without a copy. Not thread-safe.
 */
final class RpcSocket implements AutoCloseable {
  /** The id of every request: at most one is under way on a connection. */
  static final String REQUEST_ID = "p";

  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());
  private static final int OPCODE = 0x0F;
  private static final int BINARY = 0x82;
  private static final int CLOSE = 8;
  private static final int PING = 9;

  private final BareClient client;
  private ByteBuffer in;

  /** Receives the whole messages of a connection, except keepalives. */
  interface Messages {
    void message(ByteBuffer payload) throws IOException;
  }

  private RpcSocket(BareClient client, int capacity) {
    this.client = client;
    this.in = ByteBuffer.allocateDirect(capacity);
  }

  /**
   * Opens it and sends the auth frame.
   *
   * @param capacity bytes read at once
   */
  static RpcSocket open(int port, String token, int capacity) throws IOException {
    RpcSocket socket = open(port, InetAddress.getLoopbackAddress(), capacity);
    socket.send(auth(token));
    return socket;
  }

  /** Opens it from an address of this machine and sends nothing. */
  static RpcSocket open(int port, InetAddress from, int capacity) throws IOException {
    return new RpcSocket(new BareClient(port, "api/v1/ws", "betterbase-rpc-v1", 0, from), capacity);
  }

  /** Takes a connection whose handshake is done. */
  static RpcSocket of(SocketChannel upgraded, int capacity) {
    return new RpcSocket(new BareClient(upgraded), capacity);
  }

  static ByteBuffer auth(String token) {
    return BareClient.binary(
        WireClient.encode(
            Requests.map("type", 2, "method", "auth", "params", Map.of("token", token))));
  }

  static ByteBuffer request(String method, Object params) {
    return BareClient.binary(WireClient.encodeRequest(method, REQUEST_ID, params));
  }

  /** Registers it with the selector for reading; from now on nothing here blocks. */
  void register(Selector selector, Object attachment) throws IOException {
    client.channel.configureBlocking(false);
    client.channel.register(selector, SelectionKey.OP_READ, attachment);
  }

  void send(ByteBuffer frame) throws IOException {
    client.write(frame.rewind());
  }

  /** Sends a request on a blocking connection and waits for its result. */
  JsonNode ask(String method, Object params) throws IOException {
    send(request(method, params));
    return result();
  }

  /** Waits for a result on a blocking connection and drops other messages. */
  JsonNode result() throws IOException {
    JsonNode[] result = new JsonNode[1];
    while (result[0] == null) {
      receive(
          payload -> {
            JsonNode frame = decode(payload);
            if (frame.path("type").asInt() == 1) {
              if (!frame.has("result")) {
                throw new IOException("refused: " + frame);
              }
              result[0] = frame.get("result");
            }
          });
    }
    return result[0];
  }

  static JsonNode decode(ByteBuffer payload) throws IOException {
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    return CBOR.readTree(bytes);
  }

  /** Reads once and hands over each complete message. */
  void receive(Messages messages) throws IOException {
    if (client.channel.read(in) < 0) {
      throw new IOException("the server ended a connection");
    }
    in.flip();
    int wanted = take(messages);
    while (wanted == 0) {
      wanted = take(messages);
    }
    if (wanted > in.capacity()) {
      in = ByteBuffer.allocateDirect(wanted).put(in);
    } else {
      in.compact();
    }
  }

  /** Handles one message and returns 0, or returns the size of the incomplete frame. */
  private int take(Messages messages) throws IOException {
    if (in.remaining() < 2) {
      return 2;
    }
    int start = in.position();
    int length = in.get(start + 1);
    int header = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (in.remaining() < header) {
      return header;
    }
    if (length == 126) {
      length = Short.toUnsignedInt(in.getShort(start + 2));
    } else if (length == 127) {
      length = Math.toIntExact(in.getLong(start + 2));
    }
    if (in.remaining() < header + length) {
      return header + length;
    }
    int first = Byte.toUnsignedInt(in.get(start));
    ByteBuffer payload = in.slice(start + header, length);
    in.position(start + header + length);
    hand(first, payload, messages);
    return 0;
  }

  private void hand(int first, ByteBuffer payload, Messages messages) throws IOException {
    if (first == BINARY) {
      if (payload.remaining() > 1) {
        messages.message(payload);
      }
    } else if ((first & OPCODE) == PING) {
      byte[] bytes = new byte[payload.remaining()];
      payload.get(bytes);
      client.write(BareClient.pong(bytes));
    } else {
      throw new IOException(
          (first & OPCODE) == CLOSE
              ? "closed by the server with " + payload.getShort(0)
              : "an unexpected frame: " + first);
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
