package dev.betterbase.sync.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A client that comes back: it connects, authenticates, subscribes to its spaces and pulls them,
 * and stays. If that fails it tries again later, as the SDK does (protocol.md, Close codes): after
 * 1 s, which doubles up to 30 s with every try that opens no socket, and up to a third more at
 * random. One thread drives many of them; nothing here blocks.
 */
final class ReturningClient {
  private static final int CAPACITY = 2_048;
  private static final int HEADER = 1_024;
  private static final double LONGEST_SECONDS = 30;
  private static final double SPREAD = 0.3;

  private enum State {
    AWAY,
    CONNECTING,
    HANDSHAKE,
    SUBSCRIBING,
    PULLING,
    IN_SYNC
  }

  private final ByteBuffer auth;
  private final ByteBuffer subscribe;
  private final ByteBuffer pull;
  private State state = State.AWAY;
  private int failures;
  private @Nullable SocketChannel channel;
  private @Nullable RpcSocket socket;
  private ByteBuffer answer = ByteBuffer.allocate(0);

  /** When it first tried, and when it tries next, as {@link System#nanoTime}. */
  long firstAt;

  long nextAt;

  /** The frames of the three messages, made beforehand. */
  ReturningClient(ByteBuffer auth, ByteBuffer subscribe, ByteBuffer pull) {
    this.auth = auth;
    this.subscribe = subscribe;
    this.pull = pull;
  }

  boolean isInSync() {
    return state == State.IN_SYNC;
  }

  /** Comes back for the first time at this moment. */
  void comeBackAt(long nanoTime) {
    state = State.AWAY;
    failures = 0;
    firstAt = nanoTime;
    nextAt = nanoTime;
  }

  /** Begins to connect. */
  void connect(int port, InetAddress from, Selector selector) throws IOException {
    SocketChannel opened = SocketChannel.open();
    channel = opened;
    opened.configureBlocking(false);
    opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
    opened.bind(new InetSocketAddress(from, 0));
    state = State.CONNECTING;
    SelectionKey key = opened.register(selector, SelectionKey.OP_CONNECT, this);
    if (opened.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
      ready(key, port);
    }
  }

  /**
   * Handles what its socket is ready for.
   *
   * @throws IOException if the server refused or closed the connection, or answered with an error
   */
  void ready(SelectionKey key, int port) throws IOException {
    switch (state) {
      case CONNECTING -> {
        SocketChannel connected = channel();
        connected.finishConnect();
        state = State.HANDSHAKE;
        answer = ByteBuffer.allocate(HEADER);
        key.interestOps(SelectionKey.OP_READ);
        connected.write(BareClient.handshake(port, "api/v1/ws", "betterbase-rpc-v1"));
      }
      case HANDSHAKE -> shakeHands();
      default -> socket().receive(this::receive);
    }
  }

  private SocketChannel channel() {
    return Objects.requireNonNull(channel, "not connecting");
  }

  private RpcSocket socket() {
    return Objects.requireNonNull(socket, "not connected");
  }

  private void shakeHands() throws IOException {
    if (channel().read(answer) < 0) {
      throw new IOException("no handshake");
    }
    String head = new String(answer.array(), 0, answer.position(), US_ASCII);
    if (!head.endsWith("\r\n\r\n") && head.startsWith("HTTP/1.1 101")) {
      return;
    }
    if (!head.startsWith("HTTP/1.1 101")) {
      throw new IOException("refused with " + head.substring(0, Math.min(12, head.length())));
    }
    failures = 0;
    RpcSocket connected = RpcSocket.of(channel(), CAPACITY);
    socket = connected;
    state = State.SUBSCRIBING;
    connected.send(auth);
    connected.send(subscribe);
  }

  private void receive(ByteBuffer payload) throws IOException {
    // A chunk is {type: 3, … and a result {type: 1, … as the server writes it.
    if (payload.get(6) != 1) {
      return;
    }
    JsonNode frame = RpcSocket.decode(payload);
    if (!frame.has("result") || !frame.at("/result/errors").isEmpty()) {
      throw new IOException("answered with an error");
    }
    if (state == State.SUBSCRIBING) {
      state = State.PULLING;
      socket().send(pull);
    } else {
      state = State.IN_SYNC;
    }
  }

  /** Gives the connection up. */
  void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  /** The try failed: closes the connection and sets when to try again. */
  void tryLater(RandomGenerator random) throws IOException {
    close();
    state = State.AWAY;
    double seconds =
        Math.min(LONGEST_SECONDS, Math.scalb(1.0, failures++)) * (1 + SPREAD * random.nextDouble());
    nextAt = System.nanoTime() + (long) (seconds * 1e9);
  }
}
