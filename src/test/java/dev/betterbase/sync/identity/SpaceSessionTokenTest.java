package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.protocol.SpaceId;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SpaceSessionTokenTest {
  private static final Instant NOW =
      Instant.ofEpochSecond(Vectors.document("federation.json").get("now").asLong());

  static Stream<Vector> sessions() {
    return Vectors.of("federation.json", "session");
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void agreesWithTheVector(Vector c) {
    Optional<SpaceSessionToken.Session> session = verify(c);
    assertThat(session.isPresent()).isEqualTo(c.expect().get("valid").asBoolean());
    session.ifPresent(
        valid -> {
          assertThat(valid.permission().name().toLowerCase(Locale.ROOT))
              .isEqualTo(c.expect().get("permission").asText());
          assertThat(valid.expiresAt().getEpochSecond())
              .isEqualTo(c.expect().get("expires").asLong());
        });
  }

  private static Optional<SpaceSessionToken.Session> verify(Vector c) {
    byte[] key = c.hex("key");
    if (key.length != SpaceSessionToken.KEY_LENGTH) {
      assertThatIllegalArgumentException().isThrownBy(() -> new SpaceSessionToken(key));
      return Optional.empty();
    }
    return new SpaceSessionToken(key).verify(c.hex("token"), c.text("space"), NOW);
  }

  @ParameterizedTest
  @EnumSource
  void verifiesWhatItMade(Permission permission) {
    var tokens = new SpaceSessionToken(new byte[32]);
    var space = new SpaceId(UUID.randomUUID());
    var session = new SpaceSessionToken.Session(permission, NOW.plusSeconds(60));
    byte[] token = tokens.issue(space, session);
    assertThat(token).hasSize(SpaceSessionToken.LENGTH).startsWith(1, 0, 0, 0, 0);
    assertThat(tokens.verify(token, space.toString(), NOW)).contains(session);
    assertThat(tokens.verify(token, space.toString(), NOW.plusSeconds(60))).contains(session);
    assertThat(tokens.verify(token, space.toString(), NOW.plusSeconds(61))).isEmpty();
    byte[] otherKey = new byte[32];
    otherKey[0] = 1;
    assertThat(new SpaceSessionToken(otherKey).verify(token, space.toString(), NOW)).isEmpty();
  }

  @Test
  void noTwoAreAlike() {
    var tokens = new SpaceSessionToken(new byte[32]);
    var space = new SpaceId(UUID.randomUUID());
    var session = new SpaceSessionToken.Session(Permission.READ, NOW);
    assertThat(tokens.issue(space, session)).isNotEqualTo(tokens.issue(space, session));
  }
}
