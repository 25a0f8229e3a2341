package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** auth.md, Federation subscribe token: the cases of federation.json, and the time of issue. */
class SubscribeTokenVectorsTest {
  private static final Instant NOW =
      Instant.ofEpochSecond(Vectors.document("federation.json").get("now").longValue());
  private static final SpaceId SPACE =
      SpaceId.parse("6e2b64ff-392c-434c-a4d6-e563dd890aa5").orElseThrow();

  static Stream<Vector> made() {
    return Vectors.of("federation.json", "fst-create");
  }

  static Stream<Vector> lifetimes() {
    return Vectors.of("federation.json", "fst-lifetime");
  }

  static Stream<Vector> shown() {
    return Vectors.of("federation.json", "fst");
  }

  private static String canonical(String domain) {
    return Domain.of(domain).orElseThrow().text();
  }

  private static @Nullable SubscribeTokenKey key(JsonNode secret) {
    return secret.isNull() ? null : new SubscribeTokenKey(new Secret(secret.textValue()));
  }

  private static SubscribeTokens tokens(String secret, @Nullable String previous, Instant now) {
    return new SubscribeTokens(
        new SubscribeTokenKey(new Secret(secret)),
        previous == null ? null : new SubscribeTokenKey(new Secret(previous)),
        InstantSource.fixed(now));
  }

  @ParameterizedTest
  @MethodSource("made")
  void bytesAreThoseOfThePage(Vector vector) {
    SubscribeTokenKey key = new SubscribeTokenKey(new Secret(vector.text("secret")));
    assertThat(HexFormat.of().formatHex(key.bytes()))
        .isEqualTo(vector.expect().get("key").asText());

    var token =
        new SubscribeToken(
            vector.hex("random"),
            SpaceId.parse(vector.text("space")).orElseThrow(),
            SubscribeToken.hashOf(canonical(vector.text("domain"))),
            vector.fields().get("expires").longValue());

    assertThat(token.encode(key)).isEqualTo(vector.expect().get("token").asText());
    assertThat(token.issuedAt()).isEqualTo(token.expires() - 86_400);
  }

  @ParameterizedTest
  @MethodSource("lifetimes")
  void livesADayOrUntilTheUcanExpires(Vector vector) {
    assertThat(
            SubscribeTokens.expiry(
                vector.fields().get("issued").longValue(),
                vector.fields().get("ucan_expires").longValue()))
        .isEqualTo(vector.expect().get("expires").longValue());
  }

  @ParameterizedTest
  @MethodSource("shown")
  void isGoodOrNot(Vector vector) {
    var tokens =
        new SubscribeTokens(
            new SubscribeTokenKey(new Secret(vector.text("secret"))),
            key(vector.fields().get("previous_secret")),
            InstantSource.fixed(NOW));

    Optional<SubscribeToken> token =
        tokens.verify(
            vector.text("token"),
            SpaceId.parse(vector.text("space")).orElseThrow(),
            canonical(vector.text("domain")));

    assertThat(token.isPresent()).isEqualTo(vector.expect().get("valid").booleanValue());
    token.ifPresent(
        good -> assertThat(good.expires()).isEqualTo(vector.expect().get("expires").longValue()));
  }

  @Test
  void saysWhenItWasIssuedAndKeepsTheExpiryOfItsBasis() {
    long basis = NOW.plus(Duration.ofHours(3)).getEpochSecond();
    String text = tokens("new", null, NOW).issue(SPACE, "peer.example.com", basis);

    SubscribeToken token =
        tokens("newer", "new", NOW.plus(Duration.ofHours(3)))
            .verify(text, SPACE, "peer.example.com")
            .orElseThrow();

    assertThat(token.issuedAt()).isEqualTo(NOW.getEpochSecond());
    assertThat(token.expires()).isEqualTo(basis);
    assertThat(
            tokens("newer", "new", NOW.plus(Duration.ofHours(3)).plusSeconds(1))
                .verify(text, SPACE, "peer.example.com"))
        .isEmpty();
  }
}
