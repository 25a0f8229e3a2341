package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PersonalSpaceTest {
  static Stream<Vector> personalSpaces() {
    return Vectors.of("identity.json", "personal-space");
  }

  @ParameterizedTest
  @MethodSource("personalSpaces")
  void derivesTheVectors(Vector c) {
    assertThat(PersonalSpace.idOf(c.text("issuer"), c.text("subject"), c.text("client_id")))
        .hasToString(c.expect().get("space").asText());
  }
}
