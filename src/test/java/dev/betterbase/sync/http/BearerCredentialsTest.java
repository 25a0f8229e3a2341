package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.http.BearerCredentials.Unauthorized;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BearerCredentialsTest {

  @Test
  void theTokenStandsBehindTheScheme() throws Exception {
    assertThat(BearerCredentials.token("Bearer a.b.c")).isEqualTo("a.b.c");
    assertThat(BearerCredentials.token("Bearer Bearer a.b.c")).isEqualTo("Bearer a.b.c");
  }

  @Test
  void noHeader() {
    assertThatThrownBy(() -> BearerCredentials.token(null))
        .isInstanceOf(Unauthorized.class)
        .hasMessage("missing authorization");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a.b.c", "Basic dXNlcjpwYXNz", "Bearera.b.c", "bearer a.b.c", "Token"})
  void anotherScheme(String header) {
    assertThatThrownBy(() -> BearerCredentials.token(header))
        .isInstanceOf(Unauthorized.class)
        .hasMessage("invalid authorization header format");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer", "Bearer ", "Bearer    "})
  void noToken(String header) {
    assertThatThrownBy(() -> BearerCredentials.token(header))
        .isInstanceOf(Unauthorized.class)
        .hasMessage("missing authorization token");
  }

  @Test
  void aUcanMayHave64KiB() {
    assertThatCode(() -> BearerCredentials.checkUcan(null)).doesNotThrowAnyException();
    assertThatCode(() -> BearerCredentials.checkUcan("u".repeat(65_536)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> BearerCredentials.checkUcan("u".repeat(65_537)))
        .isInstanceOf(Unauthorized.class)
        .hasMessage("X-UCAN header too large");
  }
}
