package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.protocol.SpaceId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of ucan.json, with the clock at its {@code now}, twice: new and remembered. */
class UcanVectorsTest {
  private static final Instant NOW =
      Instant.ofEpochSecond(Vectors.document("ucan.json").get("now").asLong());

  static Stream<Vector> chains() {
    return Vectors.of("ucan.json");
  }

  @Test
  void thereAreCases() {
    assertThat(chains().count()).isGreaterThan(120);
  }

  @ParameterizedTest
  @MethodSource("chains")
  void agreesWithTheVector(Vector c) throws InvalidUcan {
    var verifier = new UcanVerifier(InstantSource.fixed(NOW));
    for (int round = 0; round < 2; round++) {
      if (c.expect().asText().equals("valid")) {
        Capability capability = verify(verifier, c);
        assertThat(capability.cids()).contains(c.text("cid"));
        assertThat(isRevoked(capability, c)).isFalse();
      } else {
        refuses(verifier, c);
      }
    }
  }

  private static void refuses(UcanVerifier verifier, Vector c) throws InvalidUcan {
    int rule = c.fields().get("rule").asInt();
    if (rule == InvalidUcan.Rule.REVOCATION.number()) {
      assertThat(isRevoked(verify(verifier, c), c)).isTrue();
      return;
    }
    InvalidUcan refused = catchThrowableOfType(InvalidUcan.class, () -> verify(verifier, c));
    assertThat(refused).isNotNull();
    assertThat(refused.rule().number()).isEqualTo(rule);
  }

  private static boolean isRevoked(Capability capability, Vector c) {
    return StreamSupport.stream(c.fields().get("revoked").spliterator(), false)
        .map(JsonNode::asText)
        .anyMatch(capability::restsOn);
  }

  private static Capability verify(UcanVerifier verifier, Vector c) throws InvalidUcan {
    var demand =
        new UcanChain.Demand(
            SpaceId.parse(c.text("space")).orElseThrow(),
            P256Point.decode(HexFormat.of().parseHex(c.text("root_public_key"))).orElseThrow(),
            c.text("audience"),
            Permission.valueOf(c.text("permission").toUpperCase(Locale.ROOT)));
    return verifier.verify(verifier.check(c.text("token"), demand));
  }

  static Stream<Vector> cids() {
    return Vectors.of("identity.json", "ucan-cid");
  }

  @ParameterizedTest
  @MethodSource("cids")
  void namesTokensByTheirHash(Vector c) {
    assertThat(Ucan.cid(c.text("token"))).isEqualTo(c.expect().get("cid").asText());
  }
}
