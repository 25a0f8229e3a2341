package dev.betterbase.sync.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecurityLogTest {
  private static final Optional<Secret> KEY = Optional.of(new Secret("1f".repeat(32)));
  private static final ClientAddress ADDRESS = ClientAddress.of("192.0.2.7");
  private static final SpaceId SPACE =
      SpaceId.parse("11111111-1111-4111-8111-111111111111").orElseThrow();

  private final List<String> lines = new ArrayList<>();
  private long nanos;
  private final SecurityLog log = log(KEY);

  private SecurityLog log(Optional<Secret> key) {
    return new SecurityLog(key, () -> nanos, lines::add);
  }

  private static AccessToken token(String issuer, String subject) {
    return new AccessToken(
        issuer,
        subject,
        "app",
        Set.of("sync"),
        Instant.EPOCH,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void eachEventIsOneLine() {
    String alice = log.person(token("https://id.example", "alice"));
    log.authenticationRefused("expired auth token", ADDRESS);
    log.peerRefused("untrusted peer", ADDRESS);
    log.limitReached("invitation.create", alice);
    log.revoked(SPACE, alice);
    log.membershipChanged(SPACE, "peer b.example.com");
    log.signingKeysChanged("https://a.example.com/.well-known/jwks.json#one*");
    log.adminAct("space " + SPACE + " deleted");
    log.adminSignedIn(ADDRESS);
    log.adminRefused("wrong token", ADDRESS);
    log.adminAct("drain", ADDRESS);

    assertThat(lines)
        .containsExactly(
            "authentication refused: expired auth token, from 192.0.2.7",
            "peer refused: untrusted peer, from 192.0.2.7",
            "limit reached: invitation.create, by " + alice,
            "capability revoked: space " + SPACE + ", by " + alice,
            "membership changed by an admin: space " + SPACE + ", by peer b.example.com",
            "signing keys changed: https://a.example.com/.well-known/jwks.json#one*",
            "admin act: space " + SPACE + " deleted",
            "admin signed in: from 192.0.2.7",
            "admin refused: wrong token, from 192.0.2.7",
            "admin act: drain, from 192.0.2.7");
    assertThat(log.counts()).hasSize(9).allMatch(count -> count.events() >= 1);
  }

  @Test
  void aPersonIsAPseudonymThatDependsOnTheKey() {
    AccessToken alice = token("https://id.example", "alice");
    String known = log.person(alice);
    assertThat(known).matches("person [0-9a-f]{16}").isEqualTo(log(KEY).person(alice));
    assertThat(
            List.of(
                known,
                log.person(token("https://id.example", "bob")),
                log.person(token("https://other.example", "alice")),
                log(Optional.of(new Secret("2f".repeat(32)))).person(alice),
                log(Optional.empty()).person(alice),
                log(Optional.empty()).person(alice)))
        .doesNotHaveDuplicates();
  }

  @Test
  void whatIsTooMuchIsCountedAndSaidWithTheNextLine() {
    for (int i = 0; i < SecurityLog.BURST + 5; i++) {
      log.authenticationRefused("invalid auth token", ADDRESS);
    }
    assertThat(lines).hasSize(SecurityLog.BURST);
    // Another kind has a rate of its own.
    log.peerRefused("untrusted peer", ADDRESS);
    assertThat(lines).hasSize(SecurityLog.BURST + 1);
    lines.clear();
    nanos += Duration.ofSeconds(1).toNanos();
    log.authenticationRefused("invalid auth token", ADDRESS);
    assertThat(lines)
        .containsExactly(
            "authentication refused: invalid auth token, from 192.0.2.7 (and 5 more before)");
  }

  @Test
  void whatWasNotWrittenIsSaidAfterAWhile() {
    for (int i = 0; i < SecurityLog.BURST + 5; i++) {
      log.authenticationRefused("invalid auth token", ADDRESS);
    }
    lines.clear();
    log.round();
    assertThat(lines).containsExactly("authentication refused (and 5 more before)");
    log.round();
    assertThat(lines).hasSize(1);
  }
}
