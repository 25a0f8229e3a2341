package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CborReaderTest {
  private static final Map<String, Function<CborReader, Object>> ACCESSORS =
      Map.of(
          "text", CborReader::text,
          "bytes", CborReader::bytes,
          "int64", CborReader::int64,
          "int32", CborReader::int32,
          "bool", CborReader::bool,
          "map",
              reader -> {
                reader.beginMap();
                return true;
              },
          "list",
              reader -> {
                reader.beginList();
                return true;
              });

  /** The accessors that accept a value; all others must refuse it. */
  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of("00", List.of("int64", "int32")),
        Arguments.of("3a7fffffff", List.of("int64", "int32")),
        Arguments.of("1b000000000000ffff", List.of("int64", "int32")),
        Arguments.of("1a80000000", List.of("int64")),
        Arguments.of("3a80000000", List.of("int64")),
        Arguments.of("1b8000000000000000", List.of()),
        Arguments.of("3b8000000000000000", List.of()),
        Arguments.of("1bffffffffffffffff", List.of()),
        Arguments.of("3bffffffffffffffff", List.of()),
        Arguments.of("40", List.of("bytes")),
        Arguments.of("5f4161ff", List.of("bytes")),
        Arguments.of("60", List.of("text")),
        Arguments.of("7f6161ff", List.of("text")),
        Arguments.of("80", List.of("list")),
        Arguments.of("9fff", List.of("list")),
        Arguments.of("a0", List.of("map")),
        Arguments.of("bfff", List.of("map")),
        Arguments.of("f4", List.of("bool")),
        Arguments.of("f5", List.of("bool")),
        Arguments.of("f6", List.of()),
        Arguments.of("f7", List.of()),
        // Simple values, some with the number of true or false in a wider head.
        Arguments.of("e0", List.of()),
        Arguments.of("f3", List.of()),
        Arguments.of("f8ff", List.of()),
        Arguments.of("f90014", List.of()),
        Arguments.of("fa00000015", List.of()),
        Arguments.of("fb0000000000000014", List.of()),
        Arguments.of("f93c00", List.of()),
        // Tags, including tagged numbers.
        Arguments.of("c001", List.of()),
        Arguments.of("c24101", List.of()),
        Arguments.of("c06161", List.of()),
        Arguments.of("d81800", List.of()),
        Arguments.of("d9d9f7a0", List.of()),
        Arguments.of("c080", List.of()),
        Arguments.of("c0f5", List.of()));
  }

  @ParameterizedTest
  @MethodSource("values")
  void onlyTheRightTypeIsTaken(String value, List<String> takenBy) throws ProtocolViolation {
    for (var accessor : ACCESSORS.entrySet()) {
      CborReader inList = Cbor.reader("81" + value);
      inList.beginList();
      assertThat(inList.hasNext()).isTrue();
      if (takenBy.contains(accessor.getKey())) {
        assertThat(accessor.getValue().apply(inList)).as(accessor.getKey()).isNotNull();
      } else {
        assertThatExceptionOfType(Failure.InvalidParams.class)
            .as(accessor.getKey())
            .isThrownBy(() -> accessor.getValue().apply(inList));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "00, 0",
    "1800, 0",
    "1b0000000000000017, 23",
    "1a7fffffff, 2147483647",
    "20, -1",
    "3b0000000000000000, -1",
    "3a7fffffff, -2147483648"
  })
  void integersOf32Bits(String hex, int value) throws ProtocolViolation {
    assertThat(Cbor.reader(hex).int32()).isEqualTo(value);
    assertThat(Cbor.reader(hex).int64()).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "1affffffff, 4294967295",
    "1b7fffffffffffffff, 9223372036854775807",
    "3b7fffffffffffffff, -9223372036854775808"
  })
  void integersOf64Bits(String hex, long value) throws ProtocolViolation {
    assertThat(Cbor.reader(hex).int64()).isEqualTo(value);
  }

  @Test
  void textsAndBytesMayComeInChunks() throws ProtocolViolation {
    assertThat(Cbor.reader("7f 62c3a9 60 6161 64f09f9880 ff").text()).isEqualTo("éa😀");
    assertThat(Cbor.reader("7fff").text()).isEmpty();
    assertThat(Cbor.reader("5f 4201ff 40 4102 ff").bytes()).containsExactly(1, -1, 2);
    assertThat(Cbor.reader("5fff").bytes()).isEmpty();
  }

  private static List<String> keys(String map) throws ProtocolViolation {
    CborReader reader = Cbor.reader(map);
    List<String> keys = new ArrayList<>();
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      keys.add(key);
      reader.skip();
    }
    return keys;
  }

  @Test
  void whatIsNullOrUndefinedIsNotGiven() throws ProtocolViolation {
    assertThat(keys("a4 6161 f6 6162 00 6163 f7 6164 00")).containsExactly("b", "d");
    assertThat(keys("bf 6161 f6 6162 f7 ff")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"f6", "f7"})
  void anElementOfAListIsNeverNotGiven(String none) throws ProtocolViolation {
    CborReader reader = Cbor.reader("81" + none);
    reader.beginList();
    assertThat(reader.hasNext()).isTrue();
    assertThatExceptionOfType(Failure.InvalidParams.class).isThrownBy(reader::text);
  }

  @Test
  void keysThatAreNoTextAreUnknown() throws ProtocolViolation {
    assertThat(keys("a8 00 00 4161 00 20 f6 a000 8100 00 f6 00 c06161 00 6161 00"))
        .containsExactly("a");
    assertThat(keys("bf 4161 a10000 6161 00 4161 00 00 00 00 00 ff")).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a2 6161 00 6161 00",
        "bf 6161 00 6161 00 ff",
        "a2 6161 f6 6161 00",
        "a2 6161 00 6161 f7",
        "a3 6161 00 6162 00 7f 60 6161 ff 00",
        "a2 6161 00 78016100",
        "a2 60 00 60 00"
      })
  void aKeyGivenTwiceIsInvalid(String map) {
    assertThatExceptionOfType(Failure.InvalidParams.class).isThrownBy(() -> keys(map));
  }

  @Test
  void theSameKeyMayStandInTwoMaps() throws ProtocolViolation {
    CborReader reader = Cbor.reader("82 a1 6161 01 a2 6161 02 6162 a1 6161 03");
    List<Long> values = new ArrayList<>();
    reader.beginList();
    while (reader.hasNext()) {
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        if (key.equals("a")) {
          values.add(reader.int64());
        } else {
          reader.beginMap();
          assertThat(reader.nextKey()).isEqualTo("a");
          values.add(reader.int64());
          assertThat(reader.nextKey()).isNull();
        }
      }
    }
    assertThat(values).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aKnownKeyGivenTwiceBehindAFloodOfUnknownOnesIsInvalid() throws ProtocolViolation {
    var flood = new StringBuilder("bf 6161 00");
    for (int i = 0; i < 5_000; i++) {
      flood.append(Cbor.text("unknown-" + i)).append("00");
    }
    flood.append("6162 00");
    assertThat(readKnown(flood + "ff")).isEqualTo(2);
    for (String known : List.of("6161", "6162")) {
      assertThatExceptionOfType(Failure.InvalidParams.class)
          .isThrownBy(() -> readKnown(flood + known + "00 ff"));
    }
  }

  private static int readKnown(String map) throws ProtocolViolation {
    CborReader reader = Cbor.reader(map);
    int known = 0;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      if (key.length() == 1) {
        reader.int64();
        known++;
      } else {
        reader.skip();
      }
    }
    return known;
  }

  @Test
  void skippingPassesOverAllThatIsWithin() throws ProtocolViolation {
    CborReader reader =
        Cbor.reader("83 a2 6161 9f a10000 ff 6162 7f6161ff c1 82 f97e00 5f4100ff 07");
    reader.beginList();
    reader.hasNext();
    reader.skip();
    reader.hasNext();
    reader.skip();
    assertThat(reader.hasNext()).isTrue();
    assertThat(reader.int32()).isEqualTo(7);
    assertThat(reader.hasNext()).isFalse();
  }

  @Test
  void eachReaderStartsAnew() throws ProtocolViolation {
    Params params = ((InboundFrame.Request) FrameReader.read(Cbor.request("a1 6161 01"))).params();
    for (int i = 0; i < 2; i++) {
      CborReader reader = params.reader();
      reader.beginMap();
      assertThat(reader.nextKey()).isEqualTo("a");
      assertThat(reader.int32()).isEqualTo(1);
      assertThat(reader.nextKey()).isNull();
    }
  }

  @Test
  void aValueLeftUnreadIsAMistakeOfTheProgram() throws ProtocolViolation {
    CborReader reader = Cbor.reader("a2 6161 00 6162 00");
    reader.beginMap();
    reader.nextKey();
    assertThatIllegalStateException().isThrownBy(reader::nextKey);
    assertThatIllegalStateException().isThrownBy(Cbor.reader("a0")::nextKey);
    assertThatIllegalStateException().isThrownBy(Cbor.reader("80")::hasNext);
  }

  @Test
  void aBlobOf64MebibytesIsRead() throws ProtocolViolation {
    byte[] head = Cbor.request("a1 6161 5a 04000000");
    byte[] message = Arrays.copyOf(head, head.length + (64 << 20));
    message[message.length - 1] = 7;
    CborReader reader = ((InboundFrame.Request) FrameReader.read(message)).params().reader();
    reader.beginMap();
    reader.nextKey();
    byte[] blob = reader.bytes();
    assertThat(blob.length).isEqualTo(64 << 20);
    assertThat(blob[blob.length - 1]).isEqualTo((byte) 7);
  }

  @Test
  void aListOf100000ElementsIsRead() throws ProtocolViolation {
    CborReader reader = Cbor.reader("9a000186a0" + "a1616100".repeat(100_000));
    int elements = 0;
    reader.beginList();
    while (reader.hasNext()) {
      reader.beginMap();
      assertThat(reader.nextKey()).isEqualTo("a");
      reader.skip();
      assertThat(reader.nextKey()).isNull();
      elements++;
    }
    assertThat(elements).isEqualTo(100_000);
  }
}
