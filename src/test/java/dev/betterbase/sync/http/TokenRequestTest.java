package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.Failure;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenRequestTest {

  private static TokenRequest of(Map<String, String> query) {
    return TokenRequest.of(query::get);
  }

  private static Map<String, String> with(String name, String value) {
    Map<String, String> query = new HashMap<>(Map.of("sub", "alice"));
    query.put(name, value);
    return query;
  }

  @Test
  void onlyTheUserMustBeNamed() {
    assertThat(of(Map.of("sub", "alice")))
        .isEqualTo(new TokenRequest("alice", "development", "sync files", 3_600, Optional.empty()));
  }

  @Test
  void everythingMayBeNamed() {
    assertThat(of(Map.of("sub", "bob", "client_id", "notes", "scope", "sync", "ttl", "86400")))
        .isEqualTo(new TokenRequest("bob", "notes", "sync", 86_400, Optional.empty()));
    assertThat(of(with("scope", "")).scope()).isEmpty();
    assertThat(of(with("ttl", "1")).lifetime()).isEqualTo(1);
  }

  @Test
  void aKeyOfTheUserIsADidKey() {
    String did = "did:key:zDnaeeffK8GaWbEq9aqNuApvppWcrUbEpZh4Vr1X8WhHL1QKG";

    assertThat(of(with("did", did)).did()).contains(did);
    for (String wrong : new String[] {"", "alice", did + "1"}) {
      assertThatThrownBy(() -> of(with("did", wrong)))
          .isInstanceOf(Failure.BadRequest.class)
          .hasMessage("did: expected a did:key of P-256");
    }
  }

  @Test
  void withoutAUserThereIsNoToken() {
    assertThatThrownBy(() -> of(Map.of()))
        .isInstanceOf(Failure.BadRequest.class)
        .hasMessage("sub: expected 1 to 255 characters");
    assertThatThrownBy(() -> of(Map.of("sub", ""))).isInstanceOf(Failure.BadRequest.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sub", "client_id", "scope"})
  void textsAreBounded(String name) {
    assertThat(of(with(name, "x".repeat(255)))).isNotNull();
    assertThatThrownBy(() -> of(with(name, "x".repeat(256))))
        .isInstanceOf(Failure.BadRequest.class)
        .hasMessageStartingWith(name + ": expected ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "86401", "1.5", "1h", "99999999999"})
  void theLifetimeIsBounded(String ttl) {
    assertThatThrownBy(() -> of(with("ttl", ttl)))
        .isInstanceOf(Failure.BadRequest.class)
        .hasMessage("ttl: expected 1 to 86400 seconds");
  }
}
