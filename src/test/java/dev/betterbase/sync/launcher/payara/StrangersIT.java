package dev.betterbase.sync.launcher.payara;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.JvmState;
import dev.betterbase.sync.testing.LimitedServer;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client without credentials can do to the packaged server, whose heap has 256 MiB. */
@SequentialIntegrationTest
@Order(1)
@Timeout(300)
@ResourceLock(LimitedServer.LOCK)
class StrangersIT {
  private static final String HOST = "Host: sync\r\n";
  private static final String CLOSE = "Connection: close\r\n\r\n";

  /** An unfinished header of 125 KB; a whole one may have 128 KiB. */
  private static final byte[] UNFINISHED =
      ("GET /health HTTP/1.1\r\n" + HOST + "X-Long: " + "x".repeat(125_000))
          .getBytes(StandardCharsets.ISO_8859_1);

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = LimitedServer.shared();
  }

  private static int port() {
    return server.process().port();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /% HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "X\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "G@T /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health\r\nHost: a\r\n\r\n",
        "GET /health HTTP/0.9\r\nHost: a\r\n\r\n",
      })
  void whatOthersMayReadDifferentlyIs400AndEndsTheConnection(String request) {
    // Fails if the connection stays open.
    RawHttp.Response response = RawHttp.exchange(port(), request);
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.all()).doesNotContain("x-protocol-version", "X-Protocol-Version");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\ncontent-length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
      })
  void aRequestWhoseEndIsAmbiguousIs400(String lines) {
    String request = "POST /x HTTP/1.1\r\n" + HOST + lines + "\r\n\r\n0\r\n\r\n";
    assertThat(RawHttp.exchange(port(), request).status()).isEqualTo(400);
  }

  @Test
  void ordinaryRequestsPass() {
    for (String request :
        List.of(
            "GET /health HTTP/1.0\r\n" + CLOSE,
            "\r\nGET /health HTTP/1.1\r\n" + HOST + CLOSE,
            "\r\n\r\nGET /health HTTP/1.0\r\n" + CLOSE,
            "GET /health HTTP/1.1\r\nHost: [::1]:5379\r\n" + CLOSE,
            "GET http://sync_1:80/health HTTP/1.1\r\n" + HOST + CLOSE)) {
      assertThat(RawHttp.exchange(port(), request).status()).as(request).isEqualTo(200);
    }
    String chunked = "POST /health HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n" + CLOSE;
    assertThat(RawHttp.exchange(port(), chunked + "0\r\n\r\n").status()).isEqualTo(405);
  }

  /** Some clients send an empty line behind a body (RFC 9112, section 2.2). */
  @Test
  void anEmptyLineMayStandBetweenTwoRequests() {
    String post = "POST /health HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nab\r\n";
    String get = "GET /health HTTP/1.1\r\n" + HOST + CLOSE;
    assertThat(RawHttp.exchange(port(), post + get).all())
        .startsWith("HTTP/1.1 405 ")
        .contains("HTTP/1.1 200 ");
  }

  @Test
  void noRequestWritesMoreThanALine() throws IOException {
    List<String> requests =
        List.of(
            "GET /% HTTP/1.1\r\n" + HOST + CLOSE,
            "GET /%ff HTTP/1.1\r\n" + HOST + CLOSE,
            "GET /a%00b HTTP/1.1\r\n" + HOST + CLOSE,
            "GET /health HTTP/7.3\r\n" + HOST + CLOSE,
            "GET /health HTTP/1.1\r\n" + HOST + "Cookie: =;\u0001;$Version=x\r\n" + CLOSE,
            "GET /health HTTP/1.1\r\n" + HOST + "X: \u0000\r\n" + CLOSE,
            "GET /health HTTP/1.1\r\n" + HOST + "X: " + "x".repeat(140_000) + "\r\n" + CLOSE,
            "GET /health HTTP/1.1\r\n" + HOST + "Accept: ///;q=x\r\nRange: x\r\n" + CLOSE,
            "GET /api/v1/ws HTTP/1.1\r\n"
                + HOST
                + "Upgrade: websocket\r\nSec-WebSocket-Version: x\r\nSec-WebSocket-Key: x\r\n"
                + CLOSE,
            "PUT /api/v1/spaces/x/files/y HTTP/1.1\r\n"
                + HOST
                + "Transfer-Encoding: chunked\r\n"
                + CLOSE
                + "ZZ\r\n",
            "POST /health HTTP/1.1\r\n"
                + HOST
                + "Transfer-Encoding: chunked\r\n"
                + CLOSE
                + "-5\r\n");
    long before = server.process().output().lines().count();
    for (int i = 0; i < 20; i++) {
      for (String request : requests) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
          socket.setSoTimeout(20_000);
          socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
          socket.getInputStream().readAllBytes();
        } catch (SocketException reset) {
          // The server refuses some before it has read them.
          assertThat(reset).isNotNull();
        }
      }
    }
    List<String> lines = server.process().output().lines().skip(before).toList();
    assertThat(lines).hasSizeLessThan(5).noneMatch(line -> line.startsWith("\tat "));
    assertThat(lines).allMatch(line -> line.length() < 500);
  }

  @Test
  void handshakesThatAreBrokenOffWriteLittle() throws IOException {
    byte[] handshake =
        request(
            "GET /api/v1/ws HTTP/1.1\r\n"
                + HOST
                + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Protocol: betterbase-rpc-v1\r\n\r\n");
    long before = server.process().output().lines().count();
    for (int i = 0; i < 600; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
        // Closing it resets the connection.
        socket.setSoLinger(true, 0);
        socket.getOutputStream().write(handshake);
      }
    }
    assertThat(server.process().health()).hasValue(200);
    List<String> lines = server.process().output().lines().skip(before).toList();
    assertThat(lines).hasSizeLessThan(150).noneMatch(line -> line.startsWith("Exception in"));
  }

  /** A fifth of the attack, which is more than the memory for headers as well. */
  @Test
  void unfinishedHeadersTakeABoundedPartOfTheHeap() throws IOException {
    fillWithHeaders(400);
  }

  @Test
  @NightlyTest
  void manyUnfinishedHeadersTakeABoundedPartOfTheHeap() throws IOException {
    fillWithHeaders(2_000);
  }

  private static void fillWithHeaders(int connections) throws IOException {
    List<SocketChannel> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        SocketChannel each =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
        crowd.add(each);
        each.configureBlocking(false);
        send(each, ByteBuffer.wrap(UNFINISHED));
        if (i % 100 == 99) {
          assertThat(server.process().health()).as("after %d", i).hasValue(200);
        }
      }
      assertThat(server.process().health()).hasValue(200);
      // A 64th of the heap of 256 MB is enough for 33 of them.
      await().untilAsserted(() -> assertThat(closed(crowd)).isGreaterThan(connections - 50));
      assertThat(server.process().output()).contains("the headers of unfinished requests take");
      assertThat(refused("header_memory")).isGreaterThanOrEqualTo((double) closed(crowd));
    } finally {
      for (SocketChannel each : crowd) {
        each.close();
      }
    }
    assertThat(server.process().output()).doesNotContain("OutOfMemoryError");
  }

  /** The connections that the listener has refused for a reason, as a metric says. */
  private static double refused(String reason) throws IOException {
    String series = "betterbase_connections_refused_total{reason=\"" + reason + "\"}";
    return TestServer.metric(server.process(), series).orElseThrow();
  }

  private static void send(SocketChannel channel, ByteBuffer bytes) {
    try {
      long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
      while (bytes.hasRemaining() && System.nanoTime() < deadline) {
        if (channel.write(bytes) == 0) {
          Thread.onSpinWait();
        }
      }
    } catch (IOException closed) {
      assertThat(closed).isNotNull();
    }
  }

  private static long closed(List<SocketChannel> channels) {
    return channels.stream().filter(StrangersIT::isClosed).count();
  }

  private static boolean isClosed(SocketChannel channel) {
    try {
      return channel.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException reset) {
      return true;
    }
  }

  /** Grizzly by itself keeps them for its keep-alive time of 30 s. */
  @Test
  void connectionsThatHaveEndedTakeNoMemory() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      try (var client = new Socket(InetAddress.getLoopbackAddress(), port())) {
        client.getOutputStream().write(request("GET /health HTTP/1.1\r\n" + HOST + "\r\n"));
        if (i % 2 == 0) {
          assertThat(client.getInputStream().read()).isEqualTo('H');
        }
      }
    }
    // Each of the up to 200 threads of requests may hold the last connection that it served.
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(
                        JvmState.instances(
                            server.process().pid(),
                            "org.glassfish.grizzly.nio.transport.TCPNIOConnection"))
                    .isLessThan(500));
  }

  private static byte[] request(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aHeaderThatDripsHasThirtySeconds() throws Exception {
    Instant begin = Instant.now();
    double slow = refused("header_too_slow");
    try (SocketChannel drip =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()))) {
      send(drip, ByteBuffer.wrap(request("GET /health HTTP/1.1\r\n" + HOST)));
      drip.configureBlocking(false);
      await()
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                send(drip, ByteBuffer.wrap(new byte[] {'x'}));
                return isClosed(drip);
              });
    }
    assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofSeconds(29));
    assertThat(refused("header_too_slow")).isGreaterThan(slow);
  }

  @Test
  void aPeerWhoseKeySetHangsHoldsNobodyElseUp() throws Exception {
    int handshakes = 230;
    String handshake =
        """
        GET /api/v1/federation/ws HTTP/1.1
        Host: localhost:%d
        Connection: Upgrade
        Upgrade: websocket
        Sec-WebSocket-Version: 13
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
        Sec-WebSocket-Protocol: betterbase-rpc-v1
        Signature-Input: sig=("@method" "@target-uri" "host");created=%d;alg="ed25519";keyid="http://localhost:%d/.well-known/jwks.json#k"
        Signature: sig=:%s:

        """
            .formatted(
                port(),
                Instant.now().getEpochSecond(),
                LimitedServer.hangingPeerPort(),
                Base64.getEncoder().encodeToString(new byte[64]))
            .replace("\n", "\r\n");
    List<SocketChannel> all = new ArrayList<>();
    try {
      for (int i = 0; i < handshakes; i++) {
        SocketChannel each =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
        all.add(each);
        send(each, ByteBuffer.wrap(handshake.getBytes(StandardCharsets.US_ASCII)));
        each.configureBlocking(false);
      }
      List<SocketChannel> waiting = new ArrayList<>(all);
      await()
          .untilAsserted(
              () -> {
                waiting.removeIf(channel -> answer(channel).startsWith("HTTP/1.1 503 "));
                assertThat(waiting).hasSizeLessThanOrEqualTo(4);
              });
      assertThat(server.process().health()).hasValue(200);
      assertThat(waiting)
          .as("those that have waited for the keys")
          .isNotEmpty()
          .noneSatisfy(channel -> assertThat(answer(channel)).startsWith("HTTP/1.1 503 "));
    } finally {
      for (SocketChannel each : all) {
        each.close();
      }
    }
  }

  /** What has come; empty if nothing has. */
  private static String answer(SocketChannel channel) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(1_000);
      channel.read(bytes);
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}
