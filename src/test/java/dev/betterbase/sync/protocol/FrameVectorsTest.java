package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of frames.json, up to the params, which the methods read themselves. */
class FrameVectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  static Stream<Vector> received() {
    return Vectors.of("frames.json").filter(c -> !c.text("from").equals("server"));
  }

  static Stream<Vector> sent() {
    return Vectors.of("frames.json").filter(c -> c.text("from").equals("server"));
  }

  @ParameterizedTest
  @MethodSource("received")
  void readsWhatClientsAndPeersSend(Vector vector) throws ProtocolViolation {
    byte[] message = vector.hex("hex");
    JsonNode expect = vector.expect();
    switch (vector.expect().required("kind").textValue()) {
      case "request" -> {
        var request = (InboundFrame.Request) FrameReader.read(message);
        assertThat(request.id()).isEqualTo(expect.required("id").textValue());
        assertThat(request.method()).isEqualTo(expect.required("method").textValue());
        assertParams(request.params(), expect);
      }
      case "notification" -> {
        var notification = (InboundFrame.Notification) FrameReader.read(message);
        assertThat(notification.method()).isEqualTo(expect.required("method").textValue());
        assertParams(notification.params(), expect);
      }
      case "error" -> {
        var request = (InboundFrame.Request) FrameReader.read(message);
        assertThat(request.id()).isEqualTo(expect.required("id").textValue());
        assertError(request.method(), expect);
      }
      case "close" ->
          assertThatExceptionOfType(ProtocolViolation.class)
              .isThrownBy(() -> FrameReader.read(message))
              .satisfies(
                  violation -> {
                    Close close = violation.close();
                    assertThat(close.code().number()).isEqualTo(expect.required("code").intValue());
                    assertThat(close.reason()).isEqualTo(expect.required("reason").textValue());
                  });
      case "ignored" ->
          assertThat(FrameReader.read(message)).isInstanceOf(InboundFrame.Ignored.class);
      default -> throw new AssertionError("unknown kind in " + vector);
    }
  }

  private static void assertParams(Params params, JsonNode expect) {
    Object expected = Vectors.value(expect.required("params"));
    assertThat(CborValues.read(params.reader(), expected)).isEqualTo(expected);
  }

  private static void assertError(String method, JsonNode expect) {
    String words = method.replaceAll("[.]", " ");
    Failure failure =
        switch (expect.required("code").textValue()) {
          case "invalid_params" -> new Failure.InvalidParams("invalid " + words + " params");
          case "method_not_found" -> new Failure.MethodNotFound(method);
          default -> throw new AssertionError("unknown code in " + expect);
        };
    WireError error = WireError.of(failure);
    assertThat(error.code().text()).isEqualTo(expect.required("code").textValue());
    assertThat(error.message()).isEqualTo(expect.required("message").textValue());
  }

  @ParameterizedTest
  @MethodSource("sent")
  void writesExactlyTheseBytes(Vector vector) {
    assertThat(HEX.formatHex(frame(vector.expect()))).isEqualTo(vector.text("hex"));
  }

  private static byte[] frame(JsonNode expect) {
    if (expect.isNull()) {
      return FrameWriter.keepalive();
    }
    if (expect.has("result")) {
      return FrameWriter.result(expect.required("id").textValue(), body(expect, "result"));
    }
    if (expect.has("error")) {
      JsonNode error = expect.required("error");
      ErrorCode code =
          Arrays.stream(ErrorCode.values())
              .filter(c -> c.text().equals(error.required("code").textValue()))
              .findAny()
              .orElseThrow();
      return FrameWriter.error(
          expect.required("id").textValue(),
          new WireError(code, error.required("message").textValue()));
    }
    if (expect.has("data")) {
      return FrameWriter.chunk(
          expect.required("id").textValue(),
          expect.required("name").textValue(),
          body(expect, "data"));
    }
    return FrameWriter.notification(expect.required("method").textValue(), body(expect, "params"));
  }

  private static Body body(JsonNode expect, String field) {
    Object value = Vectors.value(expect.required(field));
    return writer -> CborValues.write(writer, value);
  }

  static Stream<Vector> wholeMaps() {
    return received()
        .filter(c -> !c.expect().required("kind").textValue().equals("close"))
        .filter(c -> c.hex("hex").length > 1);
  }

  @ParameterizedTest
  @MethodSource("wholeMaps")
  void bytesBehindTheMapAreIgnored(Vector vector) throws ProtocolViolation {
    byte[] message = HEX.parseHex(vector.text("hex") + "ffffff");
    assertThat(FrameReader.read(message)).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("wholeMaps")
  void aMapCutShortAnywhereIsRefused(Vector vector) {
    byte[] message = vector.hex("hex");
    for (int length = 1; length < message.length; length++) {
      byte[] prefix = Arrays.copyOf(message, length);
      assertThatExceptionOfType(ProtocolViolation.class)
          .as("the first %d bytes", length)
          .isThrownBy(() -> FrameReader.read(prefix))
          .satisfies(e -> assertThat(e.close()).isEqualTo(Close.INVALID_FRAME));
    }
  }
}
