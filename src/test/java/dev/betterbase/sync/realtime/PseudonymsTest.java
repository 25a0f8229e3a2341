package dev.betterbase.sync.realtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.protocol.SpaceId;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pseudonyms of subscribers (methods.md, Presence and events). */
class PseudonymsTest {
  static Stream<Vector> peers() {
    return Vectors.of("identity.json", "peer-pseudonym");
  }

  @ParameterizedTest
  @MethodSource("peers")
  void namesTheVectors(Vector c) {
    assertThat(
            new Pseudonyms(c.hex("secret"))
                .of(c.text("connection"), SpaceId.parse(c.text("space")).orElseThrow()))
        .isEqualTo(c.expect().get("peer").asText());
  }

  @Test
  void aNodeHasASecretOfItsOwn() {
    SpaceId space = new SpaceId(new UUID(1, 1));
    Pseudonyms node = Pseudonyms.random();
    assertThat(node.of("c", space))
        .matches("[0-9a-f]{32}")
        .isEqualTo(node.of("c", space))
        .isNotEqualTo(node.of("d", space))
        .isNotEqualTo(node.of("c", new SpaceId(new UUID(1, 2))))
        .isNotEqualTo(Pseudonyms.random().of("c", space));
  }
}
