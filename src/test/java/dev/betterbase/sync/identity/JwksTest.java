package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.text.ParseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwksTest {
  private static final String X = "g3osbiIa1BZHfGjnCiyZBWGbsolwOjNPwc3CmsZer6Y";
  private static final String Y = "sM4VfxR9OMlLCR0NSFlhIcSy6gDxPozW3rclWu2mwOY";
  private static final String POINT =
      "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + X + "\",\"y\":\"" + Y + "\"";
  private static final String GOOD = "{" + POINT + ",\"kid\":\"good\"}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5",
        "null",
        "[]",
        "\"kid\"",
        "{}",
        "{\"kid\":\"k\"}",
        "{\"kid\":\"k\",\"kid\":5," + POINT + "}",
        "{" + POINT + "}",
        "{" + POINT + ",\"kid\":\"\"}",
        "{" + POINT + ",\"kid\":5}",
        "{" + POINT + ",\"kid\":\"k\",\"use\":\"enc\"}",
        "{" + POINT + ",\"kid\":\"k\",\"use\":5}",
        "{" + POINT + ",\"kid\":\"k\",\"alg\":\"ECDH-ES\"}",
        "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\""
            + X
            + "\",\"y\":\""
            + Y
            + "\"}",
        "{\"kid\":\"k\",\"kty\":\"EC\",\"x\":\"" + X + "\",\"y\":\"" + Y + "\"}",
        "{\"kid\":\"k\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + X + "\"}",
        "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + X + "\",\"y\":\"\"}",
        "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + X + "\",\"y\":null}",
        "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + Y + "\",\"y\":\"" + X + "\"}",
      })
  void skipsAKeyThatIsNoneAndKeepsTheRest(String malformed) throws ParseException {
    Jwks keys = Jwks.parse("{\"keys\":[" + malformed + "," + GOOD + "]}");
    assertThat(keys.verifier("good")).isPresent();
    assertThat(keys.verifier("k")).isEmpty();
    assertThat(keys.verifier("")).isEmpty();
  }

  @Test
  void takesWhatSaysThatItIsForEs256() throws ParseException {
    Jwks keys =
        Jwks.parse(
            "{\"keys\":[{"
                + POINT
                + ",\"kid\":\"k\",\"use\":\"sig\",\"alg\":\"ES256\",\"x5t\":5}]}");
    assertThat(keys.verifier("k")).isPresent();
  }

  @Test
  void theFirstOfTwoKeysWithOneIdCounts() throws ParseException {
    SigningKey other = SigningKey.withKid("good");
    String second = other.jwks().substring("{\"keys\":[".length());
    Jwks keys = Jwks.parse("{\"keys\":[" + GOOD + "," + second);
    CompactJws signed = CompactJws.parse(other.token("{}"));
    assertThat(signed.isSignedBy(keys.verifier("good").orElseThrow())).isFalse();
    assertThat(signed.isSignedBy(other.keys().verifier("good").orElseThrow())).isTrue();
  }

  @Test
  void takesTheUsableKeysOfAMixedSetEvenUnderOneId() throws ParseException {
    String rsa = "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" + X + "\",\"alg\":\"RS256\",";
    String okp = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + X + "\",";
    Jwks keys =
        Jwks.parse(
            "{\"keys\":["
                + String.join(
                    ",",
                    rsa + "\"kid\":\"good\"}",
                    okp + "\"kid\":\"good\"}",
                    "{\"kty\":\"AKP\",\"kid\":\"good\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}",
                    "{\"kty\":\"oct\",\"kid\":\"good\",\"k\":\"" + X + "\"}",
                    GOOD,
                    rsa + "\"kid\":\"rsa\"}")
                + "]}");
    assertThat(keys.verifiers()).containsOnlyKeys("good");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "[]", "null", "{}", "{\"keys\":{}}", "{\"keys\":null}"})
  void refusesWhatIsNoKeySet(String text) {
    assertThatThrownBy(() -> Jwks.parse(text)).isInstanceOf(ParseException.class);
  }

  @Test
  void aKeySetMayBeEmpty() throws ParseException {
    assertThat(Jwks.parse("{\"keys\":[]}").verifier("k")).isEmpty();
  }
}
