package dev.betterbase.sync.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The vectors of the kinds {@code space-id} and {@code record-id} in identity.json. */
class IdVectorsTest {
  static Stream<Vector> spaceIds() {
    return Vectors.of("identity.json", "space-id");
  }

  static Stream<Vector> recordIds() {
    return Vectors.of("identity.json", "record-id");
  }

  @ParameterizedTest
  @MethodSource("spaceIds")
  void readsSpaceIds(Vector vector) {
    Optional<SpaceId> id = SpaceId.parse(vector.text("text"));
    assertThat(id.map(SpaceId::toString)).isEqualTo(uuid(vector));
    assertThat(id.map(SpaceId::value)).isEqualTo(uuid(vector).map(UUID::fromString));
  }

  @ParameterizedTest
  @MethodSource("recordIds")
  void readsRecordIds(Vector vector) {
    Optional<RecordId> id = RecordId.parse(vector.text("text"));
    assertThat(id.map(RecordId::toString)).isEqualTo(uuid(vector));
    assertThat(id.map(RecordId::value)).isEqualTo(uuid(vector).map(UUID::fromString));
  }

  private static Optional<String> uuid(Vector vector) {
    return vector.expectsError()
        ? Optional.empty()
        : Optional.of(vector.expect().required("uuid").textValue());
  }
}
