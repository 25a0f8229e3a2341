package dev.betterbase.sync.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A client of {@code betterbase-rpc-v1} for tests: requests and their replies, notifications in
 * their order, and the close. It reads only while it waits for something; frames of another kind
 * that arrive meanwhile are kept, and pings are answered. Not thread-safe.
 *
 * <p>A wait that exceeds {@link #LIMIT} ends in an AssertionError that names what did not arrive.
 */
public final class WireClient implements AutoCloseable {
  /** Reads CBOR as trees, in which a byte string is a binary node. */
  public static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

  /** The longest wait for anything that must arrive. */
  public static final Duration LIMIT = Duration.ofMinutes(1);

  private static final byte[] KEEPALIVE = {(byte) 0xF6};

  private final WebSocketWire wire;
  private final Deque<JsonNode> inbox = new ArrayDeque<>();
  private Incoming.Close closed;
  private boolean ended;
  private long lastId;
  private int keepalives;
  private int pings;
  private int largestMessage;

  private WireClient(WebSocketWire wire) {
    this.wire = wire;
  }

  /** The reply to a request: its result or error, and the chunks before it. */
  public record Reply(JsonNode result, String code, String message, List<JsonNode> chunks) {
    /** The result. Fails if the reply is an error. */
    public JsonNode ok() {
      if (result == null) {
        throw new Refused(code, message);
      }
      return result;
    }

    /** The error as {@code "<code> <message>"}. Fails if the reply is a result. */
    public String error() {
      if (result != null) {
        throw new AssertionError("no error but " + result);
      }
      return code + " " + message;
    }
  }

  /** An error where a result was expected. */
  public static final class Refused extends AssertionError {
    private static final long serialVersionUID = 1;

    private final String code;

    Refused(String code, String message) {
      super("error " + code + ": " + message);
      this.code = code;
    }

    /** The code of the error. */
    public String code() {
      return code;
    }
  }

  /** The connection has ended while something was waited for. */
  public static final class Lost extends AssertionError {
    private static final long serialVersionUID = 1;

    Lost(String wanted, Incoming.Close closed) {
      super("no " + wanted + " but " + (closed == null ? "the end" : closed));
    }
  }

  /** Opens a WebSocket on a port on loopback, without authentication. */
  public static WireClient open(int port) {
    return open(port, 0);
  }

  /** Opens a WebSocket with a small receive buffer (in bytes), for slow clients. */
  public static WireClient open(int port, int receiveBuffer) {
    return upgraded(WebSocketWire.connect(port, receiveBuffer));
  }

  /** Opens a WebSocket over TLS; every certificate is accepted. */
  public static WireClient openEncrypted(int port) {
    return upgraded(WebSocketWire.connectEncrypted(port));
  }

  private static WireClient upgraded(WebSocketWire wire) {
    return upgraded(wire, "/api/v1/ws", "Sec-WebSocket-Protocol: betterbase-rpc-v1");
  }

  /** Opens a WebSocket on another path than that of clients, with additional header lines. */
  public static WireClient open(int port, String path, String... lines) {
    return upgraded(WebSocketWire.connect(port, 0), path, lines);
  }

  private static WireClient upgraded(WebSocketWire wire, String path, String... lines) {
    Handshake handshake = wire.handshake(path, lines);
    if (handshake.status() != 101) {
      wire.close();
      throw new AssertionError("handshake refused: " + handshake);
    }
    return new WireClient(wire);
  }

  /** Sends the auth frame, to which there is no reply. */
  public WireClient authenticate(String token) {
    notify("auth", Map.of("token", token));
    return this;
  }

  /** The underlying socket, for tests of clients that misbehave. */
  public WebSocketWire wire() {
    return wire;
  }

  /** A value as CBOR. */
  public static byte[] encode(Object value) {
    try {
      return CBOR.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a value as one binary message. */
  public void send(Object value) {
    wire.send(WebSocketWire.BINARY, encode(value));
  }

  /** Sends a notification. */
  public void notify(String method, Object params) {
    send(Requests.map("type", 2, "method", method, "params", params));
  }

  /** Sends a request and returns its id. */
  public String start(String method, Object params) {
    String id = "r" + ++lastId;
    wire.send(WebSocketWire.BINARY, encodeRequest(method, id, params));
    return id;
  }

  /** The message of a request, for tests that send it in their own way. */
  public static byte[] encodeRequest(String method, String id, Object params) {
    return encode(Requests.map("type", 0, "method", method, "id", id, "params", params));
  }

  /** Sends a request and waits for its reply. */
  public Reply request(String method, Object params) {
    return await(start(method, params));
  }

  /** Waits for the reply to a request, and collects the chunks before it. */
  public Reply await(String id) {
    List<JsonNode> chunks = new ArrayList<>();
    return await(id, chunks::add, chunks);
  }

  /** Waits for the reply to a request, and passes each chunk before it to a consumer. */
  public Reply await(String id, Consumer<JsonNode> chunk) {
    return await(id, chunk, List.of());
  }

  private Reply await(String id, Consumer<JsonNode> chunk, List<JsonNode> chunks) {
    while (true) {
      JsonNode frame =
          next(
              node -> node.path("type").asInt() != 2 && id.equals(node.path("id").textValue()),
              "reply to " + id);
      if (frame.path("type").asInt() == 3) {
        chunk.accept(frame);
      } else if (frame.has("error")) {
        JsonNode error = frame.get("error");
        return new Reply(
            null, error.path("code").textValue(), error.path("message").textValue(), chunks);
      } else {
        return new Reply(frame.get("result"), null, null, chunks);
      }
    }
  }

  /**
   * Waits for the next reply or chunk of any request. Its {@code id} tells which request it
   * answers.
   */
  public JsonNode nextReply() {
    return next(node -> node.path("type").asInt() != 2, "reply");
  }

  /** Waits for the next notification of a method and returns its params. */
  public JsonNode expectNotification(String method) {
    return next(isNotification(method), "notification " + method).get("params");
  }

  /** The params of the next notification of a method; empty if none comes within the limit. */
  public Optional<JsonNode> pollNotification(String method, Duration limit) {
    return poll(isNotification(method), limit).map(frame -> frame.get("params"));
  }

  private static Predicate<JsonNode> isNotification(String method) {
    return node -> node.path("type").asInt() == 2 && method.equals(node.path("method").textValue());
  }

  private JsonNode next(Predicate<JsonNode> wanted, String what) {
    return poll(wanted, LIMIT)
        .orElseThrow(() -> isOpen() ? new AssertionError("no " + what) : new Lost(what, closed));
  }

  private Optional<JsonNode> poll(Predicate<JsonNode> wanted, Duration limit) {
    for (Iterator<JsonNode> waiting = inbox.iterator(); waiting.hasNext(); ) {
      JsonNode frame = waiting.next();
      if (wanted.test(frame)) {
        waiting.remove();
        return Optional.of(frame);
      }
    }
    long deadline = System.nanoTime() + limit.toNanos();
    while (closed == null && !ended && System.nanoTime() < deadline) {
      Optional<JsonNode> frame = receive(Duration.ofNanos(deadline - System.nanoTime()));
      if (frame.isPresent()) {
        if (wanted.test(frame.get())) {
          return frame;
        }
        inbox.add(frame.get());
      }
    }
    return Optional.empty();
  }

  // Reads one message. Returns empty if none came or if it does not carry a frame.
  private Optional<JsonNode> receive(Duration limit) {
    Optional<Incoming> incoming = wire.read(limit);
    if (incoming.isEmpty()) {
      return Optional.empty();
    }
    switch (incoming.get()) {
      case Incoming.Binary binary -> {
        largestMessage = Math.max(largestMessage, binary.payload().length);
        if (java.util.Arrays.equals(binary.payload(), KEEPALIVE)) {
          keepalives++;
          return Optional.empty();
        }
        return Optional.of(decode(binary.payload()));
      }
      case Incoming.Text text -> throw new AssertionError("text from the server: " + text);
      case Incoming.Ping ping -> {
        pings++;
        answer(WebSocketWire.PONG, ping.payload());
      }
      case Incoming.Pong ignored -> {}
      case Incoming.Close close -> {
        closed = close;
        answer(WebSocketWire.CLOSE, closePayload(close.code(), ""));
      }
      case Incoming.End ignored -> ended = true;
    }
    return Optional.empty();
  }

  private void answer(int opcode, byte[] payload) {
    try {
      wire.send(opcode, payload);
    } catch (UncheckedIOException gone) {
      // The server may have gone already. What it sent before can still be read.
    }
  }

  private static JsonNode decode(byte[] payload) {
    try {
      return CBOR.readTree(payload);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads for a time and keeps all that arrives, like a client that only looks on. */
  public void readFor(Duration time) {
    poll(frame -> false, time);
  }

  /** Waits for the server's close frame and answers it. Frames before it are kept. */
  public Incoming.Close awaitClose(Duration limit) {
    poll(frame -> false, limit);
    if (closed == null) {
      throw new AssertionError(ended ? "ended without a close frame" : "not closed");
    }
    return closed;
  }

  /** Waits for the server's close frame, which must have this code and reason. */
  public void expectClose(int code, String reason) {
    Incoming.Close close = awaitClose(LIMIT);
    if (close.code() != code || !close.reason().equals(reason)) {
      throw new AssertionError("expected close " + code + " " + reason + " but got " + close);
    }
  }

  /** Fails unless the server still replies to a request on this connection. */
  public void expectOpen() {
    String error = request("test.alive", Map.of()).error();
    if (!error.equals("method_not_found unknown method: test.alive")) {
      throw new AssertionError(error);
    }
  }

  /** Whether the server replies to a request on this connection, and does not close it instead. */
  public boolean isServed() {
    try {
      String id = start("test.alive", Map.of());
      return poll(frame -> id.equals(frame.path("id").textValue()), LIMIT).isPresent();
    } catch (UncheckedIOException gone) {
      return false;
    }
  }

  /** Whether the connection is open, as far as this client has read. */
  public boolean isOpen() {
    return closed == null && !ended;
  }

  /** The server's close frame; empty if none has been read. */
  public Optional<Incoming.Close> closed() {
    return Optional.ofNullable(closed);
  }

  /** The number of keepalive messages (F6) so far. */
  public int keepalives() {
    return keepalives;
  }

  /** The number of pings so far. */
  public int pings() {
    return pings;
  }

  /** The size of the largest message so far, in bytes. */
  public int largestMessage() {
    return largestMessage;
  }

  /** Closes the WebSocket as a browser does, and waits for the server's close frame. */
  public void leave() {
    wire.send(WebSocketWire.CLOSE, closePayload(1000, ""));
    poll(frame -> false, LIMIT);
    wire.close();
  }

  private static byte[] closePayload(int code, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    int known = code == 1005 ? 0 : 2;
    ByteBuffer payload = ByteBuffer.allocate(known + text.length);
    if (known > 0) {
      payload.putShort((short) code);
    }
    return payload.put(text).array();
  }

  /** Closes the TCP connection without a close frame. */
  @Override
  public void close() {
    wire.close();
  }
}
