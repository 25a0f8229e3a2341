package dev.betterbase.sync.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.settings.Secret;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Under which name a person is counted (methods.md, Rate limits by person). */
class RateLimitsTest {
  static Stream<Vector> actors() {
    return Vectors.of("identity.json", "rate-limit-actor");
  }

  @ParameterizedTest
  @MethodSource("actors")
  void namesTheVectors(Vector c) {
    AccessToken caller = caller(c.text("issuer"), c.text("subject"), "app");
    assertThat(RateLimits.actor(new Secret(c.text("key")), caller))
        .isEqualTo(c.expect().get("actor").asText());
  }

  @Test
  void aPersonIsOneInAnyApplication() {
    Secret key = new Secret("ab".repeat(32));
    assertThat(RateLimits.actor(key, caller("https://a.example", "alice", "app")))
        .isEqualTo(RateLimits.actor(key, caller("https://a.example", "alice", "other")))
        .isNotEqualTo(RateLimits.actor(key, caller("https://a.example", "bob", "app")))
        .isNotEqualTo(RateLimits.actor(key, caller("https://b.example", "alice", "app")))
        .isNotEqualTo(
            RateLimits.actor(
                new Secret("ac".repeat(32)), caller("https://a.example", "alice", "app")));
  }

  @Test
  void upperCaseDigitsAreTheSameKey() {
    AccessToken caller = caller("https://a.example", "alice", "app");
    assertThat(RateLimits.actor(new Secret("AB".repeat(32)), caller))
        .isEqualTo(RateLimits.actor(new Secret("ab".repeat(32)), caller));
  }

  @Test
  void anAllowanceNamesNobody() {
    var allowance = new Allowance(LimitedAction.INVITATION_CREATE, "a".repeat(64), 10);
    assertThat(allowance).hasToString("Allowance[INVITATION_CREATE, 10 an hour]");
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
