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
 * A client of {@code betterbase-rpc-v1} for tests: requests and their replies, notifications in the
 * order they came, and the close at the end. What arrives while it waits for something else is
 * kept. It reads only while it waits, and answers pings when it reads them. For one thread.
 *
 * <p>Each wait ends after {@link #LIMIT} with an AssertionError that says what was awaited.
 */
public final class WireClient implements AutoCloseable {
  /** CBOR as trees: a byte string is a binary node. */
  public static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

  /** The longest wait for anything that is to come. */
  public static final Duration LIMIT = Duration.ofSeconds(30);

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

  /** The end of a request: its result, or its error, and the chunks that came before. */
  public record Reply(JsonNode result, String code, String message, List<JsonNode> chunks) {
    /** The result; fails where it is an error. */
    public JsonNode ok() {
      if (result == null) {
        throw new AssertionError("error " + code + ": " + message);
      }
      return result;
    }

    /** {@code "<code> <message>"} of an error; fails where it is a result. */
    public String error() {
      if (result != null) {
        throw new AssertionError("no error but " + result);
      }
      return code + " " + message;
    }
  }

  /** Opens the WebSocket on a port of loopback, without authenticating. */
  public static WireClient open(int port) {
    return open(port, 0);
  }

  /** The same with a receive buffer of that many bytes, for clients that are to be slow. */
  public static WireClient open(int port, int receiveBuffer) {
    return upgraded(WebSocketWire.connect(port, receiveBuffer));
  }

  /** The same over TLS, to whoever answers there. */
  public static WireClient openEncrypted(int port) {
    return upgraded(WebSocketWire.connectEncrypted(port));
  }

  private static WireClient upgraded(WebSocketWire wire) {
    return upgraded(wire, "/api/v1/ws", "Sec-WebSocket-Protocol: betterbase-rpc-v1");
  }

  /** Opens another path than that of clients, with further header lines. */
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

  /** Sends the auth frame; there is no reply to it. */
  public WireClient authenticate(String token) {
    notify("auth", Map.of("token", token));
    return this;
  }

  /** The socket below, for what a well-behaved client does not do. */
  public WebSocketWire wire() {
    return wire;
  }

  /** Any value as CBOR. */
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

  /** Sends a request; returns its id. */
  public String start(String method, Object params) {
    String id = "r" + ++lastId;
    wire.send(WebSocketWire.BINARY, encodeRequest(method, id, params));
    return id;
  }

  /** A request's message, for tests that send it in their own way. */
  public static byte[] encodeRequest(String method, String id, Object params) {
    return encode(Requests.map("type", 0, "method", method, "id", id, "params", params));
  }

  /** Sends a request and waits for its end. */
  public Reply request(String method, Object params) {
    return await(start(method, params));
  }

  /** Waits for the end of a request, and gathers its chunks. */
  public Reply await(String id) {
    List<JsonNode> chunks = new ArrayList<>();
    return await(id, chunks::add, chunks);
  }

  /** Waits for the end of a request that streams, and hands over each chunk as it comes. */
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
   * Waits for the next reply or chunk of any request: whose turn it is, tests ask of its {@code
   * id}.
   */
  public JsonNode nextReply() {
    return next(node -> node.path("type").asInt() != 2, "reply");
  }

  /** Waits for the next notification of that method; returns its params. */
  public JsonNode expectNotification(String method) {
    return next(isNotification(method), "notification " + method).get("params");
  }

  /** A notification of that method where one comes within the limit; its params. */
  public Optional<JsonNode> pollNotification(String method, Duration limit) {
    return poll(isNotification(method), limit).map(frame -> frame.get("params"));
  }

  private static Predicate<JsonNode> isNotification(String method) {
    return node -> node.path("type").asInt() == 2 && method.equals(node.path("method").textValue());
  }

  private JsonNode next(Predicate<JsonNode> wanted, String what) {
    return poll(wanted, LIMIT)
        .orElseThrow(
            () -> new AssertionError("no " + what + (closed == null ? "" : " but " + closed)));
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

  // Takes one message off the wire; empty where it was none that carries a frame, or none came.
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
      // The server does not wait for it; what it sent before it went can still be read.
    }
  }

  private static JsonNode decode(byte[] payload) {
    try {
      return CBOR.readTree(payload);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads whatever comes for that long, and keeps it: the client of a person who looks on. */
  public void readFor(Duration time) {
    poll(frame -> false, time);
  }

  /** Waits for the server's close frame and answers it. What comes before it is kept. */
  public Incoming.Close awaitClose(Duration limit) {
    poll(frame -> false, limit);
    if (closed == null) {
      throw new AssertionError(ended ? "ended without a close frame" : "not closed");
    }
    return closed;
  }

  /** Waits for the close frame and asks that it says exactly this. */
  public void expectClose(int code, String reason) {
    Incoming.Close close = awaitClose(LIMIT);
    if (close.code() != code || !close.reason().equals(reason)) {
      throw new AssertionError("expected close " + code + " " + reason + " but got " + close);
    }
  }

  /** Asks whether the connection still answers: any request comes back. */
  public void expectOpen() {
    String error = request("test.alive", Map.of()).error();
    if (!error.equals("method_not_found unknown method: test.alive")) {
      throw new AssertionError(error);
    }
  }

  /** Whether the connection has not ended, as far as has been read. */
  public boolean isOpen() {
    return closed == null && !ended;
  }

  /** The close frame of the server, empty where none has been read. */
  public Optional<Incoming.Close> closed() {
    return Optional.ofNullable(closed);
  }

  /** How many keepalive messages (F6) came. */
  public int keepalives() {
    return keepalives;
  }

  /** How many pings came. */
  public int pings() {
    return pings;
  }

  /** The size of the largest message that came, in bytes. */
  public int largestMessage() {
    return largestMessage;
  }

  /** Closes as a browser does, and waits for the server's answer. */
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

  /** Ends the TCP connection without a word. */
  @Override
  public void close() {
    wire.close();
  }
}
