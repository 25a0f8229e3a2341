package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.betterbase.sync.identity.DevelopmentIssuer.Minted;
import dev.betterbase.sync.settings.DevelopmentMode;
import dev.betterbase.sync.settings.PersonalSpacePolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DevelopmentIssuerTest {

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00.7Z");
  private static final Instant LATER = NOW.plusSeconds(60);

  private final ECKey key = key();

  private static ECKey key() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID("development").generate();
    } catch (JOSEException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private DevelopmentIssuer issuer(String... audiences) {
    return DevelopmentIssuer.of(key.toJSONString(), Set.of(audiences));
  }

  private static AccessTokenVerifier verifier(DevelopmentIssuer issuer, String... audiences) {
    return new AccessTokenVerifier(
        Map.of(DevelopmentMode.ISSUER, issuer.keys()),
        Set.of(audiences),
        PersonalSpacePolicy.DERIVED,
        Duration.ZERO,
        InstantSource.fixed(NOW));
  }

  @Test
  void itsServerAcceptsItsTokens() throws Exception {
    DevelopmentIssuer issuer = issuer();

    Minted minted = issuer.mint("alice", "notes", "sync files", Optional.empty(), NOW, LATER);
    AccessToken token = verifier(issuer).verify(minted.token());

    assertThat(token.issuer()).isEqualTo("http://localhost:5379/dev");
    assertThat(token.subject()).isEqualTo("alice");
    assertThat(token.clientId()).isEqualTo("notes");
    assertThat(token.scopes()).containsExactly("sync", "files");
    assertThat(token.expiresAt()).isEqualTo("2026-11-23T12:01:00Z").isEqualTo(minted.expiresAt());
    assertThat(token.personalSpace()).contains(minted.personalSpace());
    assertThat(token.mailboxId()).contains(minted.mailboxId());
  }

  @Test
  void aTokenNamesTheKeyOfItsUser() throws Exception {
    String did = "did:key:zDnaeeffK8GaWbEq9aqNuApvppWcrUbEpZh4Vr1X8WhHL1QKG";
    DevelopmentIssuer issuer = issuer();
    String token = issuer.mint("alice", "notes", "sync", Optional.of(did), NOW, LATER).token();

    assertThat(verifier(issuer).verify(token).did()).contains(did);
  }

  @Test
  void aUserHasOneMailboxAndASpacePerClient() {
    Minted notes = issuer().mint("alice", "notes", "sync", Optional.empty(), NOW, LATER);
    Minted tasks = issuer().mint("alice", "tasks", "sync", Optional.empty(), NOW, LATER);
    Minted bob = issuer().mint("bob", "notes", "sync", Optional.empty(), NOW, LATER);

    assertThat(notes.mailboxId()).isEqualTo(tasks.mailboxId()).isNotEqualTo(bob.mailboxId());
    assertThat(notes.personalSpace())
        .isNotEqualTo(tasks.personalSpace())
        .isNotEqualTo(bob.personalSpace());
  }

  @Test
  void aServerThatAsksForAnAudienceGetsIt() throws Exception {
    DevelopmentIssuer issuer = issuer("sync.example.com", "other");

    String token = issuer.mint("alice", "notes", "sync", Optional.empty(), NOW, LATER).token();

    assertThat(verifier(issuer, "sync.example.com").verify(token)).isNotNull();
  }

  @Test
  void anotherKeysTokensAreRefused() {
    String foreign =
        DevelopmentIssuer.of(key().toJSONString(), Set.of())
            .mint("alice", "notes", "sync", Optional.empty(), NOW, LATER)
            .token();

    assertThatThrownBy(() -> verifier(issuer()).verify(foreign))
        .isInstanceOf(InvalidAccessToken.class);
  }

  @Test
  void onlyAPrivateKeyWithAKidWillDo() {
    ECKey nameless = new ECKey.Builder(key).keyID(null).build();

    for (String jwk :
        new String[] {"", "{}", key.toPublicJWK().toJSONString(), nameless.toJSONString()}) {
      assertThatThrownBy(() -> DevelopmentIssuer.of(jwk, Set.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void theTextOfATokenIsNoPartOfItsDescription() {
    Minted minted = issuer().mint("alice", "notes", "sync", Optional.empty(), NOW, LATER);

    assertThat(minted.toString())
        .doesNotContain(minted.token(), minted.mailboxId(), minted.personalSpace().toString());
  }
}
