package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The frames that the server writes (protocol.md, Frames). */
class FrameWriterTest {
  // {type: 2, method: "m", params: …}
  private static final String NOTIFICATION =
      "a3" + Cbor.text("type") + "02" + Cbor.text("method") + Cbor.text("m") + Cbor.text("params");

  private static String written(Body params) {
    String frame = HexFormat.of().formatHex(FrameWriter.notification("m", params));
    assertThat(frame).startsWith(NOTIFICATION);
    return frame.substring(NOTIFICATION.length());
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        23,
        24,
        255,
        256,
        65_535,
        65_536,
        Integer.MAX_VALUE,
        1L << 31,
        4_294_967_295L,
        1L << 32,
        Long.MAX_VALUE
      })
  void integersTakeTheirShortestForm(long value) {
    assertThat(written(w -> w.integer(value))).isEqualTo(Cbor.head(0, value));
    assertThat(written(w -> w.integer(~value))).isEqualTo(Cbor.head(1, value));
  }

  @Test
  void textsOfEveryLengthHaveTheShortestDefiniteLength() {
    for (String character : new String[] {"a", "é", "王", "😀"}) {
      IntStream.concat(
              IntStream.rangeClosed(0, 600),
              IntStream.of(3_995, 3_996, 4_000, 8_000, 16_384, 21_845, 21_846, 65_535, 65_536))
          .mapToObj(character::repeat)
          .forEach(text -> assertThat(written(w -> w.text(text))).isEqualTo(Cbor.text(text)));
    }
    String mixed = "a".repeat(20) + "é王😀".repeat(20);
    assertThat(written(w -> w.text(mixed))).isEqualTo(Cbor.text(mixed));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 23, 24, 255, 256, 7_999, 8_000, 8_001, 65_535, 65_536, 4_000_000})
  void byteStringsHaveTheShortestDefiniteLength(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    assertThat(written(w -> w.bytes(bytes)))
        .isEqualTo(Cbor.head(2, length) + HexFormat.of().formatHex(bytes));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 23, 24, 255, 256, 65_535, 65_536})
  void listsAndMapsHaveTheShortestDefiniteLength(int size) {
    assertThat(
            written(
                w -> {
                  w.beginList(size);
                  IntStream.range(0, size).forEach(i -> w.bool(true));
                  w.endList();
                }))
        .isEqualTo(Cbor.head(4, size) + "f5".repeat(size));
    assertThat(
            written(
                w -> {
                  w.beginMap(size);
                  IntStream.range(0, size).forEach(i -> w.field("k", false));
                  w.endMap();
                }))
        .isEqualTo(Cbor.head(5, size) + "616bf4".repeat(size));
  }

  static Stream<Body> misfits() {
    return Stream.of(
        w -> {},
        w -> w.integer(1).integer(2),
        w -> w.beginMap(0),
        w -> w.beginMap(1).endMap(),
        w -> w.beginMap(1).field("a", 1).field("b", 2).endMap(),
        w -> w.beginMap(1).text("a").integer(1).endMap(),
        w -> w.beginMap(1).key("a").endMap(),
        w -> w.beginList(2).integer(1).endList(),
        w -> w.beginList(1).integer(1).integer(1).endList(),
        w -> w.beginList(1).integer(1).endMap(),
        w -> w.beginMap(1).field("a", 1).endList());
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void aBodyThatIsNotOneWholeValueIsAMistakeOfTheProgram(Body body) {
    assertThatIllegalStateException().isThrownBy(() -> FrameWriter.notification("m", body));
    assertThat(written(w -> w.integer(1))).isEqualTo("01");
  }

  @Test
  void noFrameIsOver4MiB() {
    int room = FrameWriter.MAX_FRAME_BYTES - NOTIFICATION.length() / 2 - 5;
    assertThat(FrameWriter.notification("m", w -> w.bytes(new byte[room])))
        .hasSize(FrameWriter.MAX_FRAME_BYTES);
    assertThatExceptionOfType(FrameTooLarge.class)
        .isThrownBy(() -> FrameWriter.notification("m", w -> w.bytes(new byte[room + 1])));
    assertThatExceptionOfType(FrameTooLarge.class)
        .isThrownBy(() -> FrameWriter.result("a", w -> w.text("a".repeat(5_000_000))));
    assertThat(written(w -> w.integer(1))).isEqualTo("01");
  }

  @Test
  void theLargestBlobFitsInAChunkOfAPull() {
    byte[] blob = new byte[4_193_904];
    String uuid = "5a4bfc46-90cf-517c-9cd7-c5ca19f890d3";
    byte[] frame =
        FrameWriter.chunk(
            uuid,
            "pull.record",
            w ->
                w.beginMap(5)
                    .field("space", "urn:uuid:" + uuid)
                    .field("id", uuid)
                    .field("blob", blob)
                    .field("cursor", Long.MAX_VALUE)
                    .field("dek", new byte[44])
                    .endMap());
    assertThat(frame.length).isLessThanOrEqualTo(FrameWriter.MAX_FRAME_BYTES);
  }

  @Test
  void aFailureInABodyLeavesNothingBehind() {
    assertThatExceptionOfType(Failure.Conflict.class)
        .isThrownBy(
            () ->
                FrameWriter.result(
                    "a",
                    w -> {
                      w.beginMap(2).field("a", 1);
                      throw new Failure.Conflict();
                    }));
    assertThat(written(w -> w.integer(1))).isEqualTo("01");
  }

  @ParameterizedTest
  @CsvSource({"a, 256", "é, 128", "王, 85", "😀, 64"})
  void whatIsEchoedIsCutAt256BytesBetweenCharacters(String character, int fitting) {
    String whole = character.repeat(fitting);
    assertThat(whole.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(253, 256);
    assertThat(WireError.echo(whole)).isEqualTo(whole);
    assertThat(WireError.echo(whole + character)).isEqualTo(whole);
    assertThat(WireError.echo(character.repeat(100_000))).isEqualTo(whole);
    assertThat(WireError.echo("a" + character.repeat(fitting)).getBytes(StandardCharsets.UTF_8))
        .hasSizeLessThanOrEqualTo(256);
    assertThat(new Failure.MethodNotFound(whole + "x"))
        .hasMessage("unknown method: " + WireError.echo(whole + "x"));
  }

  static Stream<Failure> failures() {
    return Stream.of(
        new Failure.InvalidParams("invalid push params"),
        new Failure.BadRequest("invalid space id"),
        new Failure.Forbidden(),
        new Failure.NotFound(),
        new Failure.Conflict(),
        new Failure.RateLimited("too many streams"),
        new Failure.PayloadTooLarge(),
        new Failure.KeyGenerationStale(),
        new Failure.MethodNotFound("nope"),
        new Failure.Internal(new IllegalStateException("not for clients")));
  }

  @Test
  void everyErrorCodeIsOneFailure() {
    assertThat(failures().map(WireError::of).map(WireError::code))
        .containsExactlyInAnyOrder(ErrorCode.values());
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aFailureShowsNothingOfTheProgram(Failure failure) {
    assertThat(failure.getStackTrace()).isEmpty();
    assertThat(WireError.of(failure).message()).doesNotContain("java", "Exception", "clients");
  }
}
