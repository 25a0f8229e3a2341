package dev.betterbase.sync.launcher.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.WireError;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The frames of {@code check}'s client against the server's own: each reads what the other writes.
 */
class CheckFrameTest {

  @Test
  void theServerReadsARequest() throws Exception {
    byte[] message =
        ClientFrame.request(
            "7",
            "unsubscribe",
            params -> {
              params.writeStartObject();
              params.writeStringField("space", "s");
              params.writeEndObject();
            });

    InboundFrame frame = FrameReader.read(message);

    assertThat(frame).isInstanceOf(InboundFrame.Request.class);
    InboundFrame.Request request = (InboundFrame.Request) frame;
    assertThat(request.id()).isEqualTo("7");
    assertThat(request.method()).isEqualTo("unsubscribe");
    CborReader reader = request.params().reader();
    reader.beginMap();
    assertThat(reader.nextKey()).isEqualTo("space");
    assertThat(reader.text()).isEqualTo("s");
    assertThat(reader.nextKey()).isNull();
  }

  @Test
  void aClientReadsAResult() throws Exception {
    ServerFrame frame =
        ServerFrame.read(
            FrameWriter.result(
                "7",
                w ->
                    w.beginMap(3)
                        .field("ok", true)
                        .field("cursor", 1L << 40)
                        .field("blob", new byte[] {1, 2})
                        .endMap()));

    assertThat(frame.isReplyTo("7")).isTrue();
    assertThat(frame.isReplyTo("8")).isFalse();
    assertThat(frame.isChunkOf("7")).isFalse();
    Map<String, Object> result = frame.part("result");
    assertThat(ServerFrame.number(result, "cursor")).isEqualTo(1L << 40);
    assertThat(ServerFrame.number(result, "absent")).isEqualTo(-1);
    assertThat(result).containsEntry("ok", true);
    assertThat(result.get("blob")).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2}));
  }

  @Test
  void aClientReadsANotificationAChunkAnErrorAndTheKeepalive() throws Exception {
    ServerFrame sync =
        ServerFrame.read(
            FrameWriter.notification(
                "sync",
                w ->
                    w.beginMap(1)
                        .key("records")
                        .beginList(1)
                        .beginMap(1)
                        .field("id", "r")
                        .endMap()
                        .endList()
                        .endMap()));
    ServerFrame chunk =
        ServerFrame.read(
            FrameWriter.chunk("7", "pull.record", w -> w.beginMap(1).field("id", "r").endMap()));
    ServerFrame error =
        ServerFrame.read(FrameWriter.error("7", new WireError(ErrorCode.FORBIDDEN, "forbidden")));

    assertThat(sync.isNotification("sync")).isTrue();
    assertThat(sync.isNotification("file")).isFalse();
    assertThat(ServerFrame.maps(sync.part("params"), "records"))
        .isEqualTo(List.of(Map.of("id", "r")));
    assertThat(chunk.isChunkOf("7")).isTrue();
    assertThat(chunk.part("data")).isEqualTo(Map.of("id", "r"));
    assertThat(error.part("error")).containsEntry("code", "forbidden");
    assertThat(ServerFrame.read(FrameWriter.keepalive()).fields()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "01", "80", "a1", "ff", "a16174"})
  void anInvalidFrameIsRefused(String hex) {
    assertThatThrownBy(() -> ServerFrame.read(HexFormat.of().parseHex(hex)))
        .isInstanceOf(StepFailed.class)
        .hasMessageStartingWith("the server sent a frame that is not ");
  }
}
