package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.SpaceId;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.junit.jupiter.api.Test;

class BearerTokenTest {

  private static final String SPACE = "da29e793-3f05-51c3-9f72-63cc953f9c05";

  private final AccessToken accessToken =
      new AccessToken(
          "https://accounts.example.com",
          "user-1",
          "client-1",
          new LinkedHashSet<>(List.of("sync", "files")),
          Instant.ofEpochSecond(1_800_000_000),
          SpaceId.parse(SPACE),
          Optional.empty(),
          Optional.of("0".repeat(64)));

  private final BearerToken caller = new BearerToken(accessToken);

  @Test
  void theClaimsAreThoseOfTheToken() {
    assertThat(caller.getName()).isEqualTo("user-1");
    assertThat(caller.getIssuer()).isEqualTo("https://accounts.example.com");
    assertThat(caller.getSubject()).isEqualTo("user-1");
    assertThat(caller.getExpirationTime()).isEqualTo(1_800_000_000);
    assertThat(caller.<String>getClaim("client_id")).isEqualTo("client-1");
    assertThat(caller.<String>getClaim("scope")).isEqualTo("sync files");
    assertThat(caller.<String>getClaim("personal_space_id")).isEqualTo(SPACE);
    assertThat(caller.<String>getClaim("mailbox_id")).isEqualTo("0".repeat(64));
  }

  @Test
  void whatTheTokenHasNotIsAbsent() {
    assertThat(caller.<String>getClaim("did")).isNull();
    assertThat(caller.<String>getClaim("no such claim")).isNull();
    assertThat(caller.claim("did")).isEmpty();
    assertThat(caller.getClaimNames()).doesNotContain("did").contains("sub", "client_id");
  }

  @Test
  void aResourceReadsTheAccessTokenFromTheClaims() {
    assertThat(BearerToken.read(caller)).isEqualTo(accessToken);
    AccessToken bare =
        new AccessToken(
            "https://a.example",
            "s",
            "c",
            Set.of(),
            Instant.EPOCH,
            Optional.empty(),
            Optional.of("did:key:z"),
            Optional.empty());
    assertThat(BearerToken.read(new BearerToken(bare))).isEqualTo(bare);
  }

  @Test
  void aRequestWithoutATokenHasNoCaller() {
    JsonWebToken nobody = new RequestAuthentication().token();
    assertThat(nobody.getName()).isNull();
    assertThat(nobody.getClaimNames()).isEmpty();
    assertThat(nobody.<String>getClaim("sub")).isNull();
    assertThatThrownBy(() -> BearerToken.read(nobody)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void itsTextNamesNobody() {
    assertThat(caller.toString()).doesNotContain("user-1", "client-1", "000000", SPACE);
  }
}
