package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import dev.betterbase.sync.testing.WireClient;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** protocol.md, After authentication and Frames. */
@IntegrationTest
class FramesIT {
  private static final int PROTOCOL_ERROR = 4005;
  private final TestServer server = TestServer.shared();

  @Test
  void emptyBinaryMessage() {
    try (WireClient client = connect()) {
      client.wire().send(WebSocketWire.BINARY, new byte[0]);
      client.expectClose(PROTOCOL_ERROR, "empty binary frame");
    }
  }

  @Test
  void textMessage() {
    try (WireClient client = connect()) {
      client.wire().send(WebSocketWire.TEXT, "hello".getBytes(StandardCharsets.UTF_8));
      client.expectClose(PROTOCOL_ERROR, "expected binary rpc frame");
    }
  }

  @Test
  void emptyTextMessage() {
    try (WireClient client = connect()) {
      client.wire().send(WebSocketWire.TEXT, new byte[0]);
      client.expectClose(PROTOCOL_ERROR, "expected binary rpc frame");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "no CBOR, ff",
    "cut off, a26474797065",
    "an array, 80",
    "a number, 01",
    "an empty map, a0",
    "type is text, a1 6474797065 6130",
    "type is null, a1 6474797065 f6",
    "type is tagged, a1 6474797065 c100",
    "type twice, a2 6474797065 00 6474797065 00",
    "method twice, a4 6474797065 00 626964 6131 666d6574686f64 6161 666d6574686f64 6161",
    "id is a number, a3 6474797065 00 626964 01 666d6574686f64 6161",
    "id is null, a3 6474797065 00 626964 f6 666d6574686f64 6161",
    "id is bytes, a3 6474797065 00 626964 4131 666d6574686f64 6161",
    "id is not UTF-8, a3 6474797065 00 626964 61ff 666d6574686f64 6161",
  })
  void invalidFrame(String what, String hex) {
    try (WireClient client = connect()) {
      client.wire().send(WebSocketWire.BINARY, HexFormat.of().parseHex(hex.replace(" ", "")));
      client.expectClose(PROTOCOL_ERROR, "invalid cbor frame");
    }
  }

  @Test
  void idOver1024Bytes() {
    try (WireClient client = connect()) {
      client.send(map("type", 0, "method", "none", "id", "x".repeat(1_024), "params", map()));
      assertThat(client.nextReply().get("id").textValue()).hasSize(1_024);
      client.send(map("type", 0, "method", "none", "id", "x".repeat(1_025), "params", map()));
      assertThat(client.awaitClose(WireClient.LIMIT).code()).isEqualTo(PROTOCOL_ERROR);
    }
  }

  @Test
  void nestingDeeperThan64() {
    try (WireClient client = connect()) {
      byte[] prefix = HexFormat.of().parseHex("a2" + "6474797065" + "00" + "6178");
      byte[] deep = java.util.Arrays.copyOf(prefix, prefix.length + 100);
      java.util.Arrays.fill(deep, prefix.length, deep.length - 1, (byte) 0x81);
      client.wire().send(WebSocketWire.BINARY, deep);
      assertThat(client.awaitClose(WireClient.LIMIT).code()).isEqualTo(PROTOCOL_ERROR);
    }
  }

  @Test
  void requestWithoutIdAndMethod() {
    try (WireClient client = connect()) {
      client.send(map("type", 0));
      JsonNode reply = client.nextReply();
      assertThat(reply.get("id").textValue()).isEmpty();
      assertThat(reply.at("/error/code").textValue()).isEqualTo("method_not_found");
      assertThat(reply.at("/error/message").textValue()).isEqualTo("unknown method: ");
    }
  }

  @Test
  void bytesBehindTheMapAreIgnored() {
    try (WireClient client = connect()) {
      byte[] request = WireClient.encodeRequest("none", "7", map());
      client
          .wire()
          .send(WebSocketWire.BINARY, java.util.Arrays.copyOf(request, request.length + 3));
      assertThat(client.nextReply().get("id").textValue()).isEqualTo("7");
    }
  }

  @Test
  void keepaliveOfAClientIsIgnored() {
    try (WireClient client = connect()) {
      client.wire().send(WebSocketWire.BINARY, new byte[] {(byte) 0xF6});
      client.expectOpen();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 99, -1, Integer.MAX_VALUE})
  void typesThatAClientDoesNotSendAreIgnored(int type) {
    try (WireClient client = connect()) {
      client.send(map("type", type, "method", "push", "id", "1", "params", map()));
      client.expectOpen();
    }
  }

  @Test
  void unknownMethodByteForByte() {
    try (WireClient client = connect()) {
      client.send(map("type", 0, "method", "x", "id", "1", "params", map()));
      assertThat(binary(client))
          .isEqualTo(
              "a3"
                  + hex("type")
                  + "01"
                  + hex("id")
                  + hex("1")
                  + hex("error")
                  + "a2"
                  + hex("code")
                  + hex("method_not_found")
                  + hex("message")
                  + hex("unknown method: x"));
    }
  }

  @Test
  void echoedMethodIsCutAt256Bytes() {
    try (WireClient client = connect()) {
      String error = client.request("m".repeat(1_000), map()).error();
      assertThat(error).isEqualTo("method_not_found unknown method: " + "m".repeat(256));
    }
  }

  @Test
  void notificationsThatNobodyKnowsAreIgnored() {
    try (WireClient client = connect()) {
      client.notify("no.such", map("a", 1));
      client.notify("unsubscribe", map("spaces", "not a list"));
      client.notify("unsubscribe", null);
      client.send(map("type", 2));
      client.expectOpen();
    }
  }

  @Test
  void nullAndUndefinedMeanNotGiven() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      Map<String, Object> change = Requests.put(Requests.newId(), 0, new byte[] {1});
      change.put("dek", null);
      Map<String, Object> push = Requests.push(user.personalSpace(), change);
      push.put("ucan", null);
      push.put("nobody.knows", map("a", 1));
      assertThat(client.request("push", push).ok().get("ok").booleanValue()).isTrue();
    }
  }

  @Test
  void tagWithinParamsMakesThemInvalid() {
    try (WireClient client = connect()) {
      // {type: 0, id: "1", method: "pull", params: {spaces: 1([])}}
      String frame =
          "a4"
              + hex("type")
              + "00"
              + hex("id")
              + hex("1")
              + hex("method")
              + hex("pull")
              + hex("params")
              + "a1"
              + hex("spaces")
              + "c180";
      client.wire().send(WebSocketWire.BINARY, HexFormat.of().parseHex(frame));
      assertThat(client.await("1").error()).isEqualTo("invalid_params invalid pull params");
    }
  }

  @Test
  void repliesComeInTheOrderOfRequests() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 200; i++) {
        switch (i % 4) {
          case 0 ->
              client.start(
                  "push",
                  Requests.push(
                      user.personalSpace(), Requests.put(Requests.newId(), 0, new byte[100])));
          case 1 -> client.start("no.such", map());
          case 2 -> client.start("subscribe", Requests.subscribe(user.personalSpace(), 0));
          default -> client.start("push", Requests.push("no-uuid"));
        }
      }
      for (int i = 1; i <= 200; i++) {
        assertThat(client.nextReply().get("id").textValue()).isEqualTo("r" + i);
      }
    }
  }

  @Test
  void pingIsAnswered() {
    try (WireClient client = connect()) {
      client.expectOpen();
      client.wire().send(WebSocketWire.PING, new byte[] {1, 2, 3});
      Incoming pong = client.wire().read(WireClient.LIMIT).orElseThrow();
      assertThat(pong)
          .isInstanceOfSatisfying(
              Incoming.Pong.class, it -> assertThat(it.payload()).containsExactly(1, 2, 3));
    }
  }

  @Test
  void closeIsAnswered() {
    WireClient client = connect();
    client.expectOpen();
    client.leave();
  }

  private WireClient connect() {
    return server.connect(server.newUser());
  }

  private static String binary(WireClient client) {
    Incoming incoming = client.wire().read(WireClient.LIMIT).orElseThrow();
    return HexFormat.of().formatHex(((Incoming.Binary) incoming).payload());
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(WireClient.encode(text));
  }
}
