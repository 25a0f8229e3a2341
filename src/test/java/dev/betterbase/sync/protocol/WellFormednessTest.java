package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a skipped value may contain (RFC 8949; protocol.md, Frames). */
class WellFormednessTest {
  private static final List<Function<String, byte[]>> UNKNOWN_PLACES =
      List.of(Cbor::inUnknownParam, Cbor::inUnknownField);

  private static void assertTaken(String value) {
    for (Function<String, byte[]> place : UNKNOWN_PLACES) {
      byte[] message = place.apply(value);
      assertThat(message)
          .satisfies(
              m -> assertThat(((InboundFrame.Request) FrameReader.read(m)).id()).isEqualTo("a"));
    }
  }

  private static void assertRefused(String value) {
    for (Function<String, byte[]> place : UNKNOWN_PLACES) {
      assertRefused(place.apply(value));
    }
  }

  private static void assertRefused(byte[] message) {
    assertThatExceptionOfType(ProtocolViolation.class)
        .isThrownBy(() -> FrameReader.read(message))
        .satisfies(e -> assertThat(e.close()).isEqualTo(Close.INVALID_FRAME));
  }

  /** Examples from RFC 8949, appendix A. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "00",
        "17",
        "1818",
        "1bffffffffffffffff",
        "c249010000000000000000",
        "3bffffffffffffffff",
        "c349010000000000000000",
        "f90000",
        "f98000",
        "fb3ff199999999999a",
        "f97bff",
        "fa47c35000",
        "f97c00",
        "f97e00",
        "fa7fc00000",
        "fb7ff8000000000000",
        "f4",
        "f6",
        "f7",
        "e0",
        "f0",
        "f8ff",
        "f820",
        "c074323031332d30332d32315432303a30343a30305a",
        "c1fb41d452d9e2000000",
        "d818456449455446",
        "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
        // Tags to which other readers give a meaning: string references, self-described CBOR.
        "d81900",
        "d8196161",
        "d9010080",
        "d9d9f700",
        "dbffffffffffffffff00",
        "40",
        "4401020304",
        "62225c",
        "62c3bc",
        "64f0908591",
        "80",
        "8301820203820405",
        "a0",
        "a201020304",
        "a26161016162820203",
        // A duplicate key, which is an error only in maps that the protocol defines.
        "a2616101616102",
        // Keys of every type.
        "a6 00 00 20 00 4161 00 8101 00 a000 f97e0000",
        "bf c06161 00 f6 00 f8ff 00 ff",
        "5f42010243030405ff",
        "5fff",
        "5f40ff",
        "7f657374726561646d696e67ff",
        "7f60ff",
        "9fff",
        "9f018202039f0405ffff",
        "bf61610161629f0203ffff",
        "bfff",
        "9b00000000000000020102",
        "ba000000010102",
        "5b000000000000000161"
      })
  void everyKindOfValueIsTaken(String value) {
    assertTaken(value);
  }

  /** After RFC 8949, appendix F; truncated values come last in the message. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // Reserved additional information.
        "1c",
        "1d",
        "1e",
        "3c",
        "3d",
        "3e",
        "5c",
        "5d",
        "5e",
        "7c",
        "7d",
        "7e",
        "9c",
        "9d",
        "9e",
        "bc",
        "bd",
        "be",
        "dc",
        "dd",
        "de",
        "fc",
        "fd",
        "fe",
        // Simple values in two bytes that have a form of one byte.
        "f800",
        "f801",
        "f818",
        "f81f",
        // Indefinite length for types that do not have it.
        "1f",
        "3f",
        "df00",
        // Chunks of another type, and chunks in chunks.
        "5f00ff",
        "5f21ff",
        "5f6100ff",
        "5f80ff",
        "5fa0ff",
        "5fc000ff",
        "5fe0ff",
        "7f4100ff",
        "5f5f4100ffff",
        "7f7f6100ffff",
        // A break outside an indefinite length.
        "ff",
        "81ff",
        "8200ff",
        "a1ff",
        "a1ff00",
        "a100ff",
        "a20000ff",
        "9f81ff",
        "9f829f819f9fffffffff",
        "c0ff",
        "bf00ff",
        "bf000000ff"
      })
  void whatIsNotWellFormedIsRefused(String value) {
    assertRefused(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "18",
        "19",
        "1a",
        "1b",
        "1901",
        "1a0102",
        "1b01020304050607",
        "38",
        "58",
        "78",
        "98",
        "9a01ff00",
        "b8",
        "d8",
        "f8",
        "f900",
        "fa0000",
        "fb000000",
        "41",
        "61",
        "5affffffff00",
        "7affffffff00",
        "81",
        "818181818181818181",
        "8200",
        "a1",
        "a20102",
        "a100",
        "a2000000",
        "c0",
        "5f4100",
        "7f6100",
        "5f",
        "7f",
        "9f",
        "9f0102",
        "bf",
        "bf01020102",
        "819f",
        "9f8000",
        "9f9f9f9f9fffffffff",
        "9f819f819f9fffffff",
        // Longer than the message, up to 64 bits.
        "5bffffffffffffffff010203",
        "7bffffffffffffffff010203",
        "5b7fffffffffffffff010203",
        "7b7fffffffffffffff010203",
        "5b8000000000000000",
        "9bffffffffffffffff",
        "9b7fffffffffffffff00",
        "9a7fffffff00",
        "bbffffffffffffffff",
        "bb7fffffffffffffff0000",
        "ba7fffffff0000",
        "5f5a7fffffff00",
        "7f7bffffffffffffffff"
      })
  void whatEndsTooEarlyIsRefused(String value) {
    assertRefused(Cbor.bytes("a2 6474797065 00 6178" + value));
    assertRefused(
        Cbor.bytes(
            "a4 6474797065 00 626964 6161 666d6574686f64 616d 66706172616d73 a1 6178" + value));
    assertRefused(Cbor.bytes("a2 6474797065 00" + value));
    assertRefused(
        Cbor.bytes("a4 6474797065 00 626964 6161 666d6574686f64 616d 66706172616d73 a1" + value));
  }

  static Stream<Arguments> nests() {
    return Stream.of(
        Arguments.of("lists", "81", ""),
        Arguments.of("lists without length", "9f", "ff"),
        Arguments.of("maps", "a100", ""),
        Arguments.of("maps without length", "bf00", "ff"),
        Arguments.of("maps as keys", "a1", "00"),
        Arguments.of("tags", "c6", ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nests")
  void nestingEndsAt64(String name, String begin, String end) {
    // The envelope is the first level. In unknown params, the map of the params is the second.
    String value = "00";
    byte[] deepestField = Cbor.inUnknownField(begin.repeat(63) + value + end.repeat(63));
    assertThat(deepestField).satisfies(m -> assertThat(FrameReader.read(m)).isNotNull());
    assertRefused(Cbor.inUnknownField(begin.repeat(64) + value + end.repeat(64)));
    byte[] deepestParam = Cbor.inUnknownParam(begin.repeat(62) + value + end.repeat(62));
    assertThat(deepestParam).satisfies(m -> assertThat(FrameReader.read(m)).isNotNull());
    assertRefused(Cbor.inUnknownParam(begin.repeat(63) + value + end.repeat(63)));
    // Far deeper than a stack could take.
    assertRefused(Cbor.inUnknownParam(begin.repeat(1_000_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80", // a continuation alone
        "c3", // cut short
        "c328",
        "e28228",
        "f0288cbc",
        "f09f98", // a continuation missing
        "c080",
        "c1bf",
        "e08080",
        "e09fbf",
        "f0808080",
        "f08fbfbf", // overlong
        "eda080",
        "edbfbf",
        "eda0bdedb880", // surrogates, alone and in pairs
        "f4908080",
        "f5808080",
        "f8888080",
        "fe",
        "ff" // beyond U+10FFFF
      })
  void invalidUtf8IsRefusedWhereverItStands(String utf8) {
    for (String before : List.of("", "6162", "c3a9", "61".repeat(511), "c3a9".repeat(400))) {
      for (String after : List.of("", "61", "c3a9")) {
        String hex = before + utf8 + after;
        String text = Cbor.head(3, hex.length() / 2) + hex;
        for (String value :
            List.of(text, "81" + text, "a1" + text + "00", "7f" + text + "ff", "c0" + text)) {
          assertRefused(value);
        }
        assertRefused(Cbor.bytes("a2 6474797065 00" + text + "00"));
        assertRefused(Cbor.bytes("a2 6474797065 00 626964" + text));
        assertRefused(Cbor.bytes("a2 6474797065 00 666d6574686f64" + text));
        assertRefused(Cbor.request(text));
        assertRefused(Cbor.request("a1" + text + "00"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00",
        "7f",
        "c280",
        "dfbf",
        "e0a080",
        "ed9fbf",
        "ee8080",
        "efbfbf",
        "efbfbd",
        "f0908080",
        "f48fbfbf",
        "efbbbf"
      })
  void everyUtf8IsTaken(String utf8) {
    for (int before : new int[] {0, 1, 511, 512, 1_023, 2_000}) {
      String hex = "61".repeat(before) + utf8;
      assertTaken(Cbor.head(3, hex.length() / 2) + hex);
    }
  }

  @Test
  void aCharacterMayNotBeSplitBetweenChunks() {
    assertRefused("7f 61c3 61a9 ff");
    assertRefused("7f 62f09f 629880 ff");
    assertTaken("7f 62c3a9 64f09f9880 60 ff");
  }

  @Test
  void invalidUtf8InAByteStringIsNobodysConcern() {
    assertTaken("44c0ffeda0");
  }
}
