package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vectors of the kinds {@code domain} and {@code key-id} in identity.json. */
class DomainVectorsTest {
  static Stream<Vector> domains() {
    return Vectors.of("identity.json", "domain");
  }

  static Stream<Vector> keyIds() {
    return Vectors.of("identity.json", "key-id");
  }

  @ParameterizedTest
  @MethodSource("domains")
  void aDomainIsConvertedToCanonicalForm(Vector vector) {
    assertThat(Domain.of(vector.text("text")).orElseThrow().text())
        .isEqualTo(vector.expect().get("domain").textValue());
  }

  @ParameterizedTest
  @MethodSource("keyIds")
  void aKeyIdNamesItsPeer(Vector vector) {
    var keyId = KeyId.parse(vector.text("keyid"));
    if (vector.expectsError()) {
      assertThat(keyId).isEmpty();
    } else {
      assertThat(keyId.orElseThrow().domain()).isEqualTo(vector.expect().get("domain").textValue());
    }
  }

  @Test
  void theHostHasNeitherPortNorBrackets() {
    assertThat(new Domain("[::1]:5379").host()).isEqualTo("::1");
    assertThat(new Domain("sync.example.com:8443").host()).isEqualTo("sync.example.com");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1:5379", "127.9.9.9", "[::1]:1"})
  void addressesOfTheMachineItselfAreLoopback(String domain) {
    assertThat(new Domain(domain).isLoopback()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "[::2]"})
  void otherAddressesAreNotLoopback(String domain) {
    assertThat(new Domain(domain).isLoopback()).isFalse();
  }
}
