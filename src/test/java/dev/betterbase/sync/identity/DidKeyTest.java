package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DidKeyTest {
  private static final String POINT =
      "02d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa0f";

  static Stream<Vector> didKeys() {
    return Vectors.of("identity.json", "did-key");
  }

  @ParameterizedTest
  @MethodSource("didKeys")
  void readsAndWritesTheVectors(Vector c) {
    String did = c.text("did");
    if (c.expectsError()) {
      assertThat(DidKey.parse(did)).isEmpty();
    } else {
      P256Point key =
          P256Point.decode(HexFormat.of().parseHex(c.expect().get("public_key").asText()))
              .orElseThrow();
      assertThat(DidKey.parse(did)).contains(key);
      assertThat(DidKey.format(key)).isEqualTo(did);
    }
  }

  @Test
  void takesTextOfAnyLengthWithoutDecodingIt() {
    assertThat(DidKey.parse("did:key:z" + "2".repeat(50_000_000))).isEmpty();
  }

  @Test
  void aPointKeepsBytesOfItsOwn() {
    byte[] bytes = HexFormat.of().parseHex(POINT);
    P256Point point = P256Point.decode(bytes).orElseThrow();
    bytes[5] = 0;
    point.compressed()[5] = 0;
    assertThat(point.compressed()).isEqualTo(HexFormat.of().parseHex(POINT));
    assertThat(point)
        .isEqualTo(P256Point.decode(HexFormat.of().parseHex(POINT)).orElseThrow())
        .hasSameHashCodeAs(P256Point.decode(HexFormat.of().parseHex(POINT)).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "02",
        // one byte less, one more
        "02d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa",
        "02d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa0f00",
        // other first bytes
        "00d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa0f",
        "04d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa0f",
        "05d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa0f",
        "82d385b29ba50a071978c1b56a5c5bd989476df7951ca497e733279b5cf8a7aa0f",
        // x = p, x = p + 5 (5 is the x of a point), x = 2^256 - 1
        "02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "02ffffffff00000001000000000000000000000001000000000000000000000004",
        "03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        // x without a point
        "020000000000000000000000000000000000000000000000000000000000000001",
      })
  void refusesWhatIsNoCompressedPoint(String hex) {
    assertThat(P256Point.decode(HexFormat.of().parseHex(hex))).isEmpty();
  }

  @Test
  void takesPointsWithSmallX() {
    assertThat(P256Point.decode(HexFormat.of().parseHex("02" + "00".repeat(31) + "05")))
        .isPresent();
  }

  @Test
  void base58KeepsLeadingZeros() {
    for (String hex : new String[] {"", "00", "0000", "00ff", "0080", "7f", "0001"}) {
      byte[] bytes = HexFormat.of().parseHex(hex);
      assertThat(Base58.decode(Base58.encode(bytes))).hasValue(bytes);
    }
    // The Base58 draft's own example.
    assertThat(Base58.encode("Hello World!".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo("2NEpo7TZRRrLZSi2U");
  }
}
