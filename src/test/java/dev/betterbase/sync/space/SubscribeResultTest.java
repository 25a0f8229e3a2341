package dev.betterbase.sync.space;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Presence;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What subscribe answers, to the byte (methods.md, subscribe). */
class SubscribeResultTest {
  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());
  private static final String LONGEST_ID = "x".repeat(1_024);
  private static final Presence PEER =
      new Presence("0123456789abcdef0123456789abcdef", new byte[] {1});
  private static final Presence LARGE_PEER = new Presence("f".repeat(32), new byte[1_024]);

  private static Space space(long cursor, @Nullable Integer rewrapEpoch) {
    return new Space(
        new SpaceId(new UUID(1, 1)), null, Integer.MAX_VALUE, 1, 0, cursor, rewrapEpoch, null);
  }

  private static byte[] frame(SubscribeResult result) {
    return FrameWriter.result(LONGEST_ID, result.body());
  }

  private static String text(SubscribeResult result) throws IOException {
    JsonNode frame = CBOR.readTree(frame(result));
    return frame.get("result").toString();
  }

  @Test
  void whatThereIsNoneOfIsLeftOut() throws IOException {
    assertThat(text(new SubscribeResult(List.of()))).isEqualTo("{\"spaces\":[]}");
    var result = new SubscribeResult(List.of("a"));
    result.grant(0, space(0, null));
    assertThat(result.addPeers(0, List.of())).isTrue();
    assertThat(text(result))
        .isEqualTo("{\"spaces\":[{\"id\":\"a\",\"cursor\":0,\"key_generation\":2147483647}]}");
  }

  @Test
  void optionalFieldsStandInTheirOrder() throws IOException {
    var result = new SubscribeResult(List.of("a", "b"));
    result.grant(0, space(7, 0));
    result.grant(1, space(8, 9));
    assertThat(result.addPeers(0, List.of(PEER))).isTrue();
    assertThat(text(result))
        .isEqualTo(
            "{\"spaces\":["
                + "{\"id\":\"a\",\"cursor\":7,\"key_generation\":2147483647,\"rewrap_epoch\":0,"
                + "\"peers\":[{\"peer\":\"0123456789abcdef0123456789abcdef\",\"data\":\"AQ==\"}]},"
                + "{\"id\":\"b\",\"cursor\":8,\"key_generation\":2147483647,\"rewrap_epoch\":9}]}");
  }

  @Test
  void spacesAndErrorsKeepTheCallersOrder() throws IOException {
    var result = new SubscribeResult(List.of("a", "b", "c", "d"));
    result.refuse(3, ErrorCode.RATE_LIMITED);
    result.grant(2, space(2, null));
    result.refuse(1, ErrorCode.FORBIDDEN);
    result.grant(0, space(0, null));
    assertThat(text(result))
        .isEqualTo(
            "{\"spaces\":["
                + "{\"id\":\"a\",\"cursor\":0,\"key_generation\":2147483647},"
                + "{\"id\":\"c\",\"cursor\":2,\"key_generation\":2147483647}],"
                + "\"errors\":[{\"space\":\"b\",\"error\":\"forbidden\"},"
                + "{\"space\":\"d\",\"error\":\"rate_limited\"}]}");
  }

  @Test
  void theFrameStaysWithin4MiBWhateverIsPresent() {
    String spelling = "urn:uuid:" + new UUID(1, 1);
    var result = new SubscribeResult(Collections.nCopies(1_000, spelling));
    int added = 0;
    for (int i = 0; i < 1_000; i++) {
      result.grant(i, space(Long.MAX_VALUE, Integer.MAX_VALUE));
      added += result.addPeers(i, Collections.nCopies(100, LARGE_PEER)) ? 1 : 0;
    }
    assertThat(added).isBetween(30, 999);
    assertThat(frame(result).length)
        .isBetween(FrameWriter.MAX_FRAME_BYTES / 2, FrameWriter.MAX_FRAME_BYTES);
  }

  @Test
  void whereAllOfASpaceDoNotFitFewerOfAnotherMay() {
    var result = new SubscribeResult(List.of("a", "b"));
    result.grant(0, space(0, null));
    result.grant(1, space(0, null));
    assertThat(result.addPeers(0, Collections.nCopies(4_000, LARGE_PEER))).isFalse();
    assertThat(result.addPeers(1, List.of(LARGE_PEER))).isTrue();
    assertThat(frame(result).length).isLessThan(5_000);
  }

  @Test
  void aThousandErrorsFitWithTheLongestEcho() {
    var result = new SubscribeResult(Collections.nCopies(1_000, "x".repeat(5_000)));
    for (int i = 0; i < 999; i++) {
      result.refuse(i, ErrorCode.RATE_LIMITED);
    }
    result.grant(999, space(0, null));
    int peers = 4_000;
    while (!result.addPeers(999, Collections.nCopies(peers, LARGE_PEER))) {
      peers--;
    }
    assertThat(frame(result).length)
        .isBetween(FrameWriter.MAX_FRAME_BYTES / 2, FrameWriter.MAX_FRAME_BYTES);
  }
}
