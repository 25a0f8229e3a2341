package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.settings.Secret;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The name under which the database counts a person (methods.md, Rate limits by person). */
class PseudonymTest {
  static Stream<Vector> actors() {
    return Vectors.of("identity.json", "rate-limit-actor");
  }

  @ParameterizedTest
  @MethodSource("actors")
  void isThatOfTheVectors(Vector c) {
    AccessToken caller = caller(c.text("issuer"), c.text("subject"), "app");
    assertThat(caller.pseudonym(new Secret(c.text("key"))))
        .isEqualTo(c.expect().get("actor").asText());
  }

  @Test
  void aPersonIsOneInAnyApplication() {
    Secret key = new Secret("ab".repeat(32));
    AccessToken alice = caller("https://a.example", "alice", "app");
    assertThat(alice.pseudonym(key))
        .isEqualTo(caller("https://a.example", "alice", "other").pseudonym(key))
        .isNotEqualTo(caller("https://a.example", "bob", "app").pseudonym(key))
        .isNotEqualTo(caller("https://b.example", "alice", "app").pseudonym(key))
        .isNotEqualTo(alice.pseudonym(new Secret("ac".repeat(32))));
  }

  @Test
  void upperCaseDigitsAreTheSameKey() {
    AccessToken caller = caller("https://a.example", "alice", "app");
    assertThat(caller.pseudonym(new Secret("AB".repeat(32))))
        .isEqualTo(caller.pseudonym(new Secret("ab".repeat(32))));
  }

  private static AccessToken caller(String issuer, String subject, String client) {
    return new AccessToken(
        issuer,
        subject,
        client,
        Set.of("sync"),
        Instant.EPOCH,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
