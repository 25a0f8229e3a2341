package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Another server reads the servers' frames in frames.json and passes them on. */
class ServerFrameVectorsTest {
  static Stream<Vector> frames() {
    return Vectors.of("frames.json").filter(vector -> vector.text("from").equals("server"));
  }

  @ParameterizedTest
  @MethodSource("frames")
  void frameIsReadAndPassedOnAsItIs(Vector vector) throws Exception {
    byte[] message = vector.hex("hex");
    JsonNode expect = vector.expect();
    switch (FrameReader.readFromServer(message)) {
      case ServerFrame.Result(String id, Params result) ->
          assertThat(FrameWriter.result(id, result.encoded())).isEqualTo(message);
      case ServerFrame.Failed(String id, String code, String text) -> {
        assertThat(id).isEqualTo(expect.get("id").asText());
        assertThat(code).isEqualTo(expect.get("error").get("code").asText());
        assertThat(text).isEqualTo(expect.get("error").get("message").asText());
        // If a home server lacks a method, that is not the fault of the member who asked.
        String told = code.equals("method_not_found") ? "internal" : code;
        assertThat(WireError.of(WireError.failure(code, text)).code().text()).isEqualTo(told);
      }
      case ServerFrame.Chunk(String id, String name, Params data) ->
          assertThat(FrameWriter.chunk(id, name, data.encoded())).isEqualTo(message);
      case ServerFrame.Notification(String method, Params params) ->
          assertThat(FrameWriter.notification(method, params.encoded())).isEqualTo(message);
      case ServerFrame.Ignored() -> assertThat(message).hasSize(1);
    }
  }

  @Test
  void partOfANotificationIsPassedOnUnderAnotherSpelling() throws Exception {
    byte[] records =
        ((ServerFrame.Notification)
                FrameReader.readFromServer(
                    FrameWriter.notification(
                        "sync",
                        params ->
                            params.beginMap(1).key("records").beginList(0).endList().endMap())))
            .params()
            .encoded()
            .cbor();
    byte[] expected =
        FrameWriter.notification(
            "x",
            params ->
                params
                    .beginMap(2)
                    .field("space", "s")
                    .key("list")
                    .beginMap(1)
                    .key("records")
                    .beginList(0)
                    .endList()
                    .endMap()
                    .endMap());
    assertThat(
            FrameWriter.notification(
                "x",
                params -> params.beginMap(2).field("space", "s").key("list"),
                new Encoded(records)))
        .isEqualTo(expected);
  }
}
