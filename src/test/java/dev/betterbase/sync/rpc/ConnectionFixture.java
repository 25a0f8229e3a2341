package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.settings.Limits;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A connection whose socket and clocks the test controls, with two methods to call. */
abstract class ConnectionFixture {

  static final HexFormat HEX = HexFormat.of();

  static final byte[] KEEPALIVE = FrameWriter.keepalive();

  final AskMethod ask = new AskMethod();

  final CountMethod count = new CountMethod();

  final TestNode node = new TestNode(ask, count);

  final FakeTransport transport = new FakeTransport();

  static Limits limits(int maxFrameBytes, int maxUnauthenticated) {
    Limits usual = Limits.defaults();
    return new Limits(
        maxFrameBytes,
        usual.maxConnectionsPerMailbox(),
        maxUnauthenticated,
        usual.framesPerSecond(),
        usual.invitationsPerHour(),
        usual.membershipAppendsPerHour());
  }

  RpcConnection connectTo(FakeTransport to, String subject, String mailbox) {
    RpcConnection connection = node.open(to);
    connection.binary(
        TestNode.auth(node.token(subject, claims -> claims.claim("mailbox_id", mailbox))));
    return connection;
  }

  RpcConnection connectUntil(Duration life) {
    RpcConnection connection = node.open(transport);
    connection.binary(TestNode.auth(node.token("alice", life)));
    return connection;
  }

  void pass(RpcConnection connection, Duration duration) {
    node.pass(duration);
    connection.tick();
  }

  /** Lets time pass with a client that answers pings. */
  void passAlive(RpcConnection connection, Duration duration) {
    Duration left = duration;
    Duration step = Duration.ofSeconds(10);
    while (left.compareTo(Duration.ZERO) > 0) {
      Duration now = left.compareTo(step) < 0 ? left : step;
      FakeTransport.pong(connection);
      pass(connection, now);
      left = left.minus(now);
    }
  }

  void assertSent(byte[]... frames) {
    assertThat(transport.sent().stream().map(HEX::formatHex))
        .containsExactlyElementsOf(List.of(frames).stream().map(HEX::formatHex).toList());
  }

  void assertClosed(CloseCode code, String reason) {
    assertThat(transport.close()).isEqualTo(new Close(code, reason));
  }

  static Body textBody(String text) {
    return writer -> writer.beginMap(1).field("text", text).endMap();
  }

  byte[] chunk(String id) {
    return FrameWriter.chunk(id, "n", data -> data.bytes(new byte[count.chunkBytes]));
  }

  static byte[] counted(String id, int chunks) {
    return FrameWriter.result(id, writer -> writer.beginMap(1).field("_chunks", chunks).endMap());
  }

  static byte[] refused(String id, String error) {
    return FrameWriter.result(
        id, writer -> writer.beginMap(2).field("ok", false).field("error", error).endMap());
  }

  static byte[] error(String id, Failure failure) {
    return FrameWriter.error(id, WireError.of(failure));
  }

  static byte[] request(String id, String method, String text) {
    return Frames.request(id, method, Map.of("text", text));
  }

  static byte[] countRequest(String id, int batches) {
    return Frames.request(id, "count", Map.of("batches", batches));
  }

  static byte[] refresh(String id, String token) {
    return Frames.request(id, "token.refresh", Map.of("token", token));
  }
}
