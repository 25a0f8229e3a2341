package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.Vectors;
import dev.betterbase.sync.Vectors.Vector;
import dev.betterbase.sync.identity.InvalidAccessToken.Reason;
import dev.betterbase.sync.settings.PersonalSpacePolicy;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of tokens.json, with the clock at its {@code now}, under both policies. */
class AccessTokenVectorsTest {
  private static final JsonNode FILE = Vectors.document("tokens.json");
  private static final AccessTokenVerifier DERIVED = verifier(PersonalSpacePolicy.DERIVED);
  private static final AccessTokenVerifier CLAIM = verifier(PersonalSpacePolicy.CLAIM);

  private static AccessTokenVerifier verifier(PersonalSpacePolicy policy) {
    Map<String, KeySetSource> issuers = new HashMap<>();
    for (JsonNode issuer : FILE.get("issuers")) {
      try {
        issuers.put(
            issuer.get("issuer").asText(),
            new FixedKeySet(Jwks.parse(issuer.get("jwks").toString())));
      } catch (ParseException e) {
        throw new IllegalStateException(e);
      }
    }
    Set<String> audiences =
        StreamSupport.stream(FILE.get("audiences").spliterator(), false)
            .map(JsonNode::asText)
            .collect(Collectors.toSet());
    Instant now = Instant.ofEpochSecond(FILE.get("now").asLong());
    return new AccessTokenVerifier(
        issuers, audiences, policy, Duration.ZERO, InstantSource.fixed(now));
  }

  static Stream<Vector> tokens() {
    return Vectors.of("tokens.json");
  }

  @Test
  void thereAreCases() {
    assertThat(tokens().count()).isGreaterThan(90);
  }

  @ParameterizedTest
  @MethodSource("tokens")
  void agreesWithTheVector(Vector c) throws InvalidAccessToken {
    String token = c.text("token");
    JsonNode expect = c.expect();
    if (expect.get("outcome").asText().equals("valid")) {
      acceptsUnderBothPolicies(token, expect);
    } else {
      for (AccessTokenVerifier verifier : List.of(DERIVED, CLAIM)) {
        InvalidAccessToken refused =
            catchThrowableOfType(InvalidAccessToken.class, () -> verifier.verify(token));
        assertThat(refused).isNotNull();
        Reason reason = refused.reason();
        assertThat(reason.name().toLowerCase(Locale.ROOT))
            .isEqualTo(expect.get("outcome").asText());
        assertThat(reason.closeReason()).isEqualTo(expect.get("close").asText());
        assertThat(reason.httpError()).isEqualTo(expect.get("http").asText());
      }
    }
  }

  private static void acceptsUnderBothPolicies(String token, JsonNode expect)
      throws InvalidAccessToken {
    AccessToken derived = DERIVED.verify(token);
    AccessToken claim = CLAIM.verify(token);
    List<String> scopes = new ArrayList<>();
    expect.get("scopes").forEach(scope -> scopes.add(scope.asText()));
    JsonNode space = expect.get("personal_space");
    assertThat(derived.subject()).isEqualTo(expect.get("subject").asText());
    assertThat(derived.scopes()).containsExactlyElementsOf(scopes);
    assertThat(derived.personalSpace().map(Object::toString)).isEqualTo(text(space, "derived"));
    assertThat(claim.personalSpace().map(Object::toString)).isEqualTo(text(space, "claim"));
    // A valid token keeps a connection open exactly where it has the scope sync.
    assertThat(derived.hasScope(AccessToken.SCOPE_SYNC)).isEqualTo(!expect.has("close"));
    assertThat(expect.has("http")).isFalse();
  }

  private static Optional<String> text(JsonNode node, String field) {
    return Optional.of(node.get(field)).filter(JsonNode::isTextual).map(JsonNode::asText);
  }
}
