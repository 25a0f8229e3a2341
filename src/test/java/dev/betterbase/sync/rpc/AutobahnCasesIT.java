package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.rpc.AutobahnCases.bytes;
import static dev.betterbase.sync.rpc.AutobahnCases.show;
import static dev.betterbase.sync.testing.WebSocketWire.BINARY;
import static dev.betterbase.sync.testing.WebSocketWire.CLOSE;
import static dev.betterbase.sync.testing.WebSocketWire.PONG;
import static dev.betterbase.sync.testing.WebSocketWire.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.rpc.AutobahnCases.Case;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The cases of the Autobahn test suite for servers, each under its own number, against the upgrade
 * transport on Payara Micro with a listener that echoes. The suite itself runs on Python 2 only.
 * Compression (12, 13) is not offered. If the suite accepts several outcomes, the strict one is
 * expected.
 */
@IntegrationTest
@Order(1)
class AutobahnCasesIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final ProbeServer server = ProbeServer.shared();

  @ParameterizedTest
  @MethodSource({
    "dev.betterbase.sync.rpc.AutobahnCases#framing",
    "dev.betterbase.sync.rpc.AutobahnCases#pingsAndPongs",
    "dev.betterbase.sync.rpc.AutobahnCases#reservedBitsAndOpcodes",
    "dev.betterbase.sync.rpc.AutobahnCases#fragments",
    "dev.betterbase.sync.rpc.AutobahnTextCases#validUtf8",
    "dev.betterbase.sync.rpc.AutobahnTextCases#invalidUtf8",
    "dev.betterbase.sync.rpc.AutobahnCases#closing",
    "dev.betterbase.sync.rpc.AutobahnCases#someLarge"
  })
  void autobahn(Case given) throws InterruptedException {
    run(given);
  }

  @ParameterizedTest
  @NightlyTest
  @MethodSource("dev.betterbase.sync.rpc.AutobahnCases#large")
  void autobahnLarge(Case given) throws InterruptedException {
    run(given);
  }

  private void run(Case given) throws InterruptedException {
    try (WebSocketWire wire = WebSocketWire.connect(server.port(), 0)) {
      assertThat(
              wire.handshake("/echo", "Sec-WebSocket-Protocol: " + ProbeApplication.SUBPROTOCOL)
                  .status())
          .isEqualTo(101);
      Thread writer = Thread.ofPlatform().start(() -> given.sent().forEach(wire::sendRaw));
      List<String> got = new ArrayList<>();
      @Nullable Incoming last = null;
      boolean pings = given.expected().equals(List.of("pings"));
      int wanted = pings ? 10 : given.expected().size();
      while (last == null && (given.close() != 0 || got.size() < wanted)) {
        Incoming incoming = wire.read(pings ? Duration.ofSeconds(1) : LIMIT).orElse(null);
        switch (incoming) {
          case Incoming.Text(String payload) -> got.add(show(TEXT, payload.getBytes(UTF_8)));
          case Incoming.Binary(byte[] payload) -> got.add(show(BINARY, payload));
          case Incoming.Pong(byte[] payload) -> got.add(show(PONG, payload));
          case null -> {
            assertThat(pings).as("nothing came").isTrue();
            wanted = got.size();
          }
          default -> last = incoming;
        }
      }
      if (pings) {
        // Of several waiting pings, only the last one need be answered (RFC 6455, section 5.5.3).
        assertThat(got).last().isEqualTo(show(PONG, "payload-9".getBytes(UTF_8)));
      } else {
        assertThat(got).isEqualTo(given.expected());
      }
      writer.join(LIMIT.toMillis());
      end(wire, given, last);
    }
  }

  private static void end(WebSocketWire wire, Case given, @Nullable Incoming seen) {
    @Nullable Incoming last = seen;
    if (given.close() == 0) {
      wire.send(CLOSE, bytes("03e8"));
      last = wire.read(LIMIT).orElseThrow();
    }
    int expected = given.close() == 0 ? 1000 : given.close();
    assertThat(last)
        .isInstanceOfSatisfying(
            Incoming.Close.class, close -> assertThat(close.code()).isEqualTo(expected));
    if (given.close() == 1002 || given.close() == 1007) {
      answer(wire);
    }
    assertThat(wire.read(LIMIT)).get().isInstanceOf(Incoming.End.class);
  }

  /**
   * Answers the close frame of the server. After a violation the server need not wait for the
   * answer (RFC 6455, section 7.1.7): if the client had sent more behind the bad frame, the server
   * has ended the connection, and writing may fail.
   */
  private static void answer(WebSocketWire wire) {
    try {
      wire.send(CLOSE, bytes("03e8"));
    } catch (UncheckedIOException e) {
      assertThat(e).hasCauseInstanceOf(SocketException.class);
    }
  }
}
