package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.util.Base64URL;
import dev.betterbase.sync.identity.InvalidAccessToken.Reason;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.PersonalSpacePolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page says and the vectors leave out. */
class AccessTokenVerifierTest {
  private static final long NOW = 1_767_225_600;
  private static final SigningKey KEY = SigningKey.withKid("k");
  private static final String IDENTITY =
      "\"iss\":\"https://id.example\",\"sub\":\"alice\",\"client_id\":\"app\"";
  private static final String MAILBOX = "0123456789abcdef".repeat(4);

  private static AccessToken verify(String token) throws InvalidAccessToken {
    return verify(token, Instant.ofEpochSecond(NOW), Set.of(), PersonalSpacePolicy.DERIVED);
  }

  private static AccessToken verify(
      String token, Instant now, Set<String> audiences, PersonalSpacePolicy policy)
      throws InvalidAccessToken {
    return new AccessTokenVerifier(
            Map.of("https://id.example", new FixedKeySet(KEY.keys())),
            audiences,
            policy,
            Duration.ofDays(1),
            InstantSource.fixed(now))
        .verify(token);
  }

  private static String claims(String more) {
    return "{" + IDENTITY + ",\"exp\":" + (NOW + 3600) + more + "}";
  }

  private static void assertRefused(Reason reason, String token) {
    assertThatThrownBy(() -> verify(token))
        .isInstanceOfSatisfying(
            InvalidAccessToken.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void aTokenIsGoodUntilTheSecondOfItsExpiryIsOver() throws InvalidAccessToken {
    String token = KEY.token("{" + IDENTITY + ",\"exp\":" + NOW + "}");
    Instant lastMoment = Instant.ofEpochSecond(NOW, 999_999_999);
    assertThat(verify(token, lastMoment, Set.of(), PersonalSpacePolicy.DERIVED).expiresAt())
        .isEqualTo(Instant.ofEpochSecond(NOW));
    assertThatThrownBy(
            () ->
                verify(
                    token, Instant.ofEpochSecond(NOW + 1), Set.of(), PersonalSpacePolicy.DERIVED))
        .isInstanceOfSatisfying(
            InvalidAccessToken.class, e -> assertThat(e.reason()).isEqualTo(Reason.EXPIRED));
  }

  @ParameterizedTest
  @CsvSource({"nbf", "iat"})
  void aTokenMayBeSixtySecondsAhead(String claim) throws InvalidAccessToken {
    verify(KEY.token(claims(",\"" + claim + "\":" + (NOW + 60))));
    assertRefused(Reason.INVALID, KEY.token(claims(",\"" + claim + "\":" + (NOW + 61))));
  }

  @Test
  void timesMayHaveAFractionWhichIsCutOff() throws InvalidAccessToken {
    AccessToken token = verify(KEY.token("{" + IDENTITY + ",\"exp\":" + NOW + ".9,\"nbf\":1.5e9}"));
    assertThat(token.expiresAt()).isEqualTo(Instant.ofEpochSecond(NOW));
    assertRefused(Reason.EXPIRED, KEY.token("{" + IDENTITY + ",\"exp\":-0.5}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1e300", "9223372036854775808", "1e999999999", "NaN", "true", "[1]", "9e15.1"})
  void refusesTimesThatAreNoTimes(String exp) {
    assertRefused(Reason.INVALID, KEY.token("{" + IDENTITY + ",\"exp\":" + exp + "}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"scope\":5",
        ",\"scope\":[\"sync\"]",
        ",\"did\":{}",
        ",\"mailbox_id\":1",
        ",\"personal_space_id\":false",
        ",\"nbf\":\"1\"",
        ",\"iat\":\"1\"",
        ",\"aud\":[\"a\",1]",
        ",\"aud\":{}",
        ",\"exp\":1",
      })
  void refusesAClaimOfAnotherTypeAndOneGivenTwice(String more) {
    assertRefused(Reason.INVALID, KEY.token(claims(more)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k\"}",
        "{\"alg\":\"ES256\",\"kid\":\"x\",\"kid\":\"k\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false,\"crit\":[\"b64\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"k\"} ,",
        "{'alg':'ES256','kid':'k'}",
        "[]",
        "[[\"alg\",\"ES256\"],[\"kid\",\"k\"]]",
        "null",
        "",
      })
  void refusesAHeaderThatIsNotPlain(String header) {
    assertRefused(Reason.INVALID, KEY.token(header, claims("")));
  }

  @Test
  void refusesAnotherSpellingOfTheSameBytes() {
    String token = KEY.token(claims(""));
    int last = token.length() - 1;
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char stray = alphabet.charAt(alphabet.indexOf(token.charAt(last)) + 1);
    assertRefused(Reason.INVALID, token.substring(0, last) + stray);
    assertRefused(Reason.INVALID, token + "==");
    assertRefused(Reason.INVALID, token + "=");
    assertRefused(Reason.INVALID, " " + token);
    assertRefused(Reason.INVALID, token.replace(".", "\n."));
    assertRefused(Reason.INVALID, token.substring(0, last) + "ſ");
    // The signature covers the other two parts as they are written, so they are signed like this.
    String header = Base64URL.encode("{\"alg\":\"ES256\",\"kid\":\"k\"}").toString();
    String padded = Base64URL.encode(claims(",\"x\":\"12\"")).toString() + "==";
    assertRefused(Reason.INVALID, KEY.sign(header + "." + padded));
  }

  @Test
  void refusesWhatIsNoUtf8() {
    byte[] payload = claims(",\"did\":\"did:\u00ff\"").getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(Reason.INVALID, KEY.token("{\"alg\":\"ES256\",\"kid\":\"k\"}", payload));
  }

  @Test
  void looksAtNoTokenThatIsTooLong() throws InvalidAccessToken {
    String fits = KEY.token(claims(",\"x\":\"" + "x".repeat(48_000) + "\""));
    assertThat(fits.length()).isLessThan(AccessTokenVerifier.MAX_LENGTH);
    verify(fits);
    String tooLong = KEY.token(claims(",\"x\":\"" + "x".repeat(50_000) + "\""));
    assertThat(tooLong.length()).isGreaterThan(AccessTokenVerifier.MAX_LENGTH);
    assertRefused(Reason.INVALID, tooLong);
  }

  @Test
  void theClaimsAreAnObject() {
    String pairs =
        "[[\"iss\",\"https://id.example\"],[\"sub\",\"alice\"],[\"client_id\",\"app\"],[\"exp\","
            + NOW
            + "]]";
    for (String claims :
        new String[] {pairs, "null", "\"\"", claims("") + " {}", claims("") + "x"}) {
      assertRefused(Reason.INVALID, KEY.token(claims));
    }
  }

  @Test
  void survivesDeepNesting() {
    String deep = "[".repeat(48_000);
    assertRefused(Reason.INVALID, KEY.token("{\"a\":" + deep));
    assertRefused(Reason.INVALID, KEY.token(deep));
    assertRefused(Reason.INVALID, KEY.token("{\"a\":" + "{\"a\":".repeat(9_000)));
    assertRefused(Reason.INVALID, KEY.token(deep, "{}"));
  }

  @Test
  void nobodyLearnsMoreFromATokenHeMadeUpThanWhichIssuersAreTrusted() {
    SigningKey stranger = SigningKey.withKid("k");
    assertRefused(Reason.INVALID, stranger.token("{" + IDENTITY + ",\"exp\":1}"));
    assertRefused(Reason.UNTRUSTED, stranger.token("{\"iss\":\"https://other.example\"}"));
    assertRefused(Reason.UNTRUSTED, stranger.token("{\"iss\":\"///\"}"));
    assertRefused(Reason.UNTRUSTED, stranger.token("{\"iss\":null}"));
  }

  @Test
  void anyAudienceWillDoWhereNoneIsSet() throws InvalidAccessToken {
    verify(KEY.token(claims(",\"aud\":\"x\"")));
    verify(KEY.token(claims("")));
  }

  @Test
  void oneOfSeveralAudiencesIsEnough() throws InvalidAccessToken {
    String token = KEY.token(claims(",\"aud\":[\"x\",\"b\"]"));
    verify(token, Instant.ofEpochSecond(NOW), Set.of("a", "b"), PersonalSpacePolicy.DERIVED);
  }

  @Test
  void scopesAreWordsBetweenSpaces() throws InvalidAccessToken {
    AccessToken token = verify(KEY.token(claims(",\"scope\":\"  sync  files sync Sync\"")));
    assertThat(token.scopes()).containsExactly("sync", "files", "Sync");
    assertThat(token.hasScope("sync")).isTrue();
    assertThat(token.hasScope("SYNC")).isFalse();
    assertThat(verify(KEY.token(claims(",\"scope\":null"))).scopes()).isEmpty();
  }

  @Test
  void aPersonalSpaceMayBeDerivedFromTheIssuerAsItStands() throws InvalidAccessToken {
    String issuer = "https://id.example//";
    for (String derivedFrom : new String[] {issuer, "https://id.example"}) {
      SpaceId space = PersonalSpace.idOf(derivedFrom, "alice", "app");
      String token = withIssuer(issuer, space.toString());
      assertThat(verify(token).personalSpace()).contains(space);
      assertThat(verify(token).issuer()).isEqualTo("https://id.example");
    }
    String oneSlash =
        withIssuer(issuer, PersonalSpace.idOf("https://id.example/", "alice", "app").toString());
    assertThat(verify(oneSlash).personalSpace()).isEmpty();
  }

  private static String withIssuer(String issuer, String space) {
    return KEY.token(
        "{\"iss\":\"%s\",\"sub\":\"alice\",\"client_id\":\"app\",\"exp\":%s,\"personal_space_id\":\"%s\"}"
            .formatted(issuer, Long.toString(NOW), space));
  }

  @Test
  void theClaimPolicyTrustsAnyClaimThatIsASpaceId() throws InvalidAccessToken {
    UUID foreign = UUID.fromString("abf9a1f2-5b7e-403d-9c81-68a7b13bbe64");
    String token = KEY.token(claims(",\"personal_space_id\":\"" + foreign + "\""));
    Instant now = Instant.ofEpochSecond(NOW);
    assertThat(verify(token, now, Set.of(), PersonalSpacePolicy.CLAIM).personalSpace())
        .contains(new SpaceId(foreign));
    assertThat(verify(token).personalSpace()).isEmpty();
    for (String unusable : new String[] {"", "x", "abf9a1f2-5b7e-403d-9c81-68a7b13bbe6"}) {
      String none = KEY.token(claims(",\"personal_space_id\":\"" + unusable + "\""));
      assertThat(verify(none, now, Set.of(), PersonalSpacePolicy.CLAIM).personalSpace()).isEmpty();
    }
  }

  @Test
  void aMailboxIsSixtyFourLowerCaseHexDigits() throws InvalidAccessToken {
    assertThat(verify(KEY.token(claims(",\"mailbox_id\":\"" + MAILBOX + "\""))).mailboxId())
        .contains(MAILBOX);
    for (String other :
        new String[] {"", MAILBOX.substring(1), MAILBOX + "0", MAILBOX.replace('a', 'A')}) {
      assertThat(verify(KEY.token(claims(",\"mailbox_id\":\"" + other + "\""))).mailboxId())
          .isEmpty();
    }
  }

  @Test
  void anEmptyDidIsNone() throws InvalidAccessToken {
    assertThat(verify(KEY.token(claims(",\"did\":\"did:key:z1\""))).did()).contains("did:key:z1");
    assertThat(verify(KEY.token(claims(",\"did\":\"\""))).did()).isEmpty();
  }

  @Test
  void nothingOfATokenShowsInTexts() throws InvalidAccessToken {
    AccessToken token = verify(KEY.token(claims(",\"mailbox_id\":\"" + MAILBOX + "\"")));
    assertThat(token.toString()).doesNotContain("alice", "app", MAILBOX);
    assertThat(new InvalidAccessToken(Reason.EXPIRED)).hasMessage("expired auth token");
  }

  @ParameterizedTest
  @CsvSource({
    // 60 s of leeway beyond a day
    "-100, 86360, true",
    "-100, 86361, false",
    "0, 86460, true",
    "0, 86461, false",
    // without iat, the life begins now
    ", 86460, true",
    ", 86461, false",
    "-99999999999, 1, false",
  })
  void aTokenThatLivesTooLongIsInvalid(@Nullable Long issued, long expires, boolean accepted)
      throws InvalidAccessToken {
    String iat = issued == null ? "" : ",\"iat\":" + (NOW + issued);
    String token = KEY.token("{" + IDENTITY + iat + ",\"exp\":" + (NOW + expires) + "}");
    if (accepted) {
      assertThat(verify(token).subject()).isEqualTo("alice");
    } else {
      assertRefused(Reason.INVALID, token);
    }
  }
}
