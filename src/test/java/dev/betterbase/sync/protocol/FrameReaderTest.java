package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Frames from clients and the auth frame (protocol.md, Connecting, Frames, After authentication).
 */
class FrameReaderTest {
  private static final String TYPE = Cbor.text("type");
  private static final String ID = Cbor.text("id");
  private static final String METHOD = Cbor.text("method");
  private static final String PARAMS = Cbor.text("params");

  private static void assertRefused(byte[] message) {
    assertThatExceptionOfType(ProtocolViolation.class)
        .isThrownBy(() -> FrameReader.read(message))
        .satisfies(e -> assertThat(e.close()).isEqualTo(Close.INVALID_FRAME));
  }

  private static InboundFrame.Request request(String hex) throws ProtocolViolation {
    return (InboundFrame.Request) FrameReader.read(Cbor.bytes(hex));
  }

  @Test
  void aRequestWithoutIdOrMethodHasEmptyOnes() throws ProtocolViolation {
    var request = request("a1" + TYPE + "00");
    assertThat(request.id()).isEmpty();
    assertThat(request.method()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"f6", "f7"})
  void aMethodThatIsNullOrUndefinedIsNotGiven(String none) throws ProtocolViolation {
    assertThat(request("a2" + TYPE + "00" + METHOD + none).method()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"f6", "f7", "00", "4161", "80", "c06161", "f5"})
  void anIdThatIsNoTextCloses(String id) {
    assertRefused(Cbor.bytes("a2" + TYPE + "00" + ID + id));
    assertRefused(Cbor.bytes("a2" + TYPE + "02" + ID + id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "4161", "80", "c06161", "f5"})
  void aMethodThatIsNoTextCloses(String method) {
    assertRefused(Cbor.bytes("a2" + TYPE + "00" + METHOD + method));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f6", "f7", "6130", "4100", "f90000", "f4", "80", "a0", "c000", "c24100"})
  void aTypeThatIsNoIntegerCloses(String type) {
    assertRefused(Cbor.bytes("a1" + TYPE + type));
  }

  @ParameterizedTest
  @ValueSource(strings = {"01", "03", "04", "20", "22", "1bffffffffffffffff", "3bffffffffffffffff"})
  void anyOtherTypeIsIgnored(String type) throws ProtocolViolation {
    assertThat(FrameReader.read(Cbor.bytes("a1" + TYPE + type)))
        .isEqualTo(new InboundFrame.Ignored());
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "1800", "190000", "1a00000000", "1b0000000000000000"})
  void theTypeMayHaveAnyWidth(String type) throws ProtocolViolation {
    assertThat(request("a1" + TYPE + type).id()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"f7", "f6f6", "f600", "d9d9f7a16474797065 00", "00", "a0", "bfff", "40"})
  void whatIsNoMapWithATypeCloses(String hex) {
    assertRefused(Cbor.bytes(hex));
  }

  static Stream<String> fieldsTwice() {
    return Stream.of(
        TYPE + "00" + TYPE + "00",
        ID + "6161" + ID + "6162",
        METHOD + "6161" + METHOD + "f6",
        METHOD + "f6" + METHOD + "6161",
        PARAMS + "a0" + PARAMS + "a0",
        // The same key in chunks.
        ID + "6161" + "7f6169 6164ff" + "6161",
        "6178 00 6178 01");
  }

  @ParameterizedTest
  @MethodSource("fieldsTwice")
  void aKeyTwiceInTheEnvelopeCloses(String twice) {
    String rest = twice.startsWith(TYPE) ? "" : TYPE + "00";
    assertRefused(Cbor.bytes("bf" + rest + twice + "ff"));
  }

  @Test
  void aFieldTwiceBehindAFloodOfUnknownKeysCloses() {
    var flood = new StringBuilder("bf" + ID + "6161");
    for (int i = 0; i < 5_000; i++) {
      flood.append(Cbor.text("unknown-" + i)).append("00");
    }
    flood.append(METHOD + "6161" + TYPE + "00");
    String once = flood + "ff";
    assertThat(Cbor.bytes(once)).satisfies(m -> assertThat(FrameReader.read(m)).isNotNull());
    assertRefused(Cbor.bytes(flood + ID + "6161ff"));
    assertRefused(Cbor.bytes(flood + METHOD + "6161ff"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "20", "4469640000", "f5", "80", "a0", "c0626964", "f93c00"})
  void keysThatAreNoTextAreUnknown(String key) throws ProtocolViolation {
    assertThat(request("a3" + key + "00" + TYPE + "00" + ID + "6161").id()).isEqualTo("a");
  }

  @Test
  void aByteStringIsNoTextKey() throws ProtocolViolation {
    assertThat(request("a3 426964 6162" + TYPE + "00" + ID + "6161").id()).isEqualTo("a");
  }

  @Test
  void taggedParamsClose() {
    assertRefused(Cbor.request("c0a0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f6", "f7"})
  void paramsThatAreNullAreNotGiven(String none) throws ProtocolViolation {
    Params params = ((InboundFrame.Request) FrameReader.read(Cbor.request(none))).params();
    assertThatExceptionOfType(Failure.InvalidParams.class).isThrownBy(params::reader);
  }

  @ParameterizedTest
  @CsvSource({"a, 1024", "é, 512", "王, 341", "😀, 256"})
  void anIdHasAtMost1024Bytes(String character, int fitting) throws ProtocolViolation {
    String id = character.repeat(fitting);
    assertThat(request("a2" + TYPE + "00" + ID + Cbor.text(id)).id()).isEqualTo(id);
    String over = Cbor.text(id + character);
    assertRefused(Cbor.bytes("a2" + TYPE + "00" + ID + over));
    assertRefused(Cbor.bytes("a2" + TYPE + "00" + ID + "7f" + over + "ff"));
    assertThat(FrameReader.read(Cbor.bytes("a2" + TYPE + "01" + ID + over)))
        .isInstanceOf(InboundFrame.Ignored.class);
  }

  @Test
  void anEmptyMessageIsRefusedByItsOwnReason() {
    assertThatExceptionOfType(ProtocolViolation.class)
        .isThrownBy(() -> FrameReader.read(new byte[0]))
        .satisfies(e -> assertThat(e.close()).isEqualTo(Close.EMPTY_FRAME));
  }

  @Test
  void theTokenOfAnAuthNotificationIsRead() throws ProtocolViolation {
    String token = "x".repeat(60_000);
    assertThat(FrameReader.readAuth(auth("a1" + Cbor.text("token") + Cbor.text(token))))
        .isEqualTo(token);
    assertThat(FrameReader.readAuth(auth("a2 6178 a0" + Cbor.text("token") + "6161")))
        .isEqualTo("a");
  }

  private static byte[] auth(String params) {
    return Cbor.bytes("a3" + TYPE + "02" + METHOD + Cbor.text("auth") + PARAMS + params);
  }

  static Stream<Arguments> authFrames() {
    String auth = METHOD + Cbor.text("auth");
    String token = PARAMS + "a1" + Cbor.text("token");
    return Stream.of(
            new Object[] {"", Close.EMPTY_AUTH_FRAME},
            new Object[] {"ff", Close.INVALID_AUTH_FRAME},
            new Object[] {"f6", Close.INVALID_AUTH_FRAME},
            new Object[] {"80", Close.INVALID_AUTH_FRAME},
            new Object[] {"a0", Close.INVALID_AUTH_FRAME},
            new Object[] {"a2" + auth + token + "6161", Close.INVALID_AUTH_FRAME},
            new Object[] {"a2" + TYPE + "02" + token + "6161", Close.INVALID_AUTH_FRAME},
            new Object[] {"a2" + TYPE + "02" + auth, Close.INVALID_AUTH_FRAME},
            new Object[] {"a2" + TYPE + "6132" + auth, Close.INVALID_AUTH_FRAME},
            new Object[] {"a2" + TYPE + "02" + METHOD + "00", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + PARAMS + "80", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + PARAMS + "a0", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + token + "f6", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + token + "4161", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + token + "c06161", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + token + "61ff", Close.INVALID_AUTH_FRAME},
            new Object[] {"a3" + TYPE + "02" + auth + token + "60", Close.EMPTY_AUTH_TOKEN},
            new Object[] {"a3" + TYPE + "00" + auth + token + "6161", Close.NOT_AN_AUTH_FRAME},
            new Object[] {"a1" + TYPE + "01", Close.NOT_AN_AUTH_FRAME},
            new Object[] {
              "a3" + TYPE + "02" + METHOD + Cbor.text("Auth") + token + "6161",
              Close.NOT_AN_AUTH_FRAME
            })
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("authFrames")
  void whatIsNoAuthFrameIsRefusedByItsReason(String hex, Close close) {
    assertThatExceptionOfType(ProtocolViolation.class)
        .isThrownBy(() -> FrameReader.readAuth(Cbor.bytes(hex)))
        .satisfies(e -> assertThat(e.close()).isEqualTo(close));
  }
}
