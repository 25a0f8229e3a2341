package dev.betterbase.sync.launcher.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckTokenTest {

  private static String tokenOf(String claims) {
    byte[] bytes = claims.getBytes(StandardCharsets.UTF_8);
    return "header." + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes) + ".signature";
  }

  @Test
  void thePersonalSpaceIsReadFromTheToken() throws Exception {
    String text =
        tokenOf(
            "{\"aud\":[\"a\"],\"x\":{\"personal_space_id\":\"no\"},\"personal_space_id\":\"s\"}");

    CheckToken token = CheckToken.given(text);

    assertThat(token).isEqualTo(new CheckToken(text, "s"));
    assertThat(token.toString()).doesNotContain(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "a.b.c.d", "a.!.c", "a..c", "a.e30x{.c"})
  void aTextThatIsNotAJwtIsRefused(String text) {
    assertThatThrownBy(() -> CheckToken.given(text))
        .isInstanceOf(StepFailed.class)
        .hasMessageMatching("the token (is not a JWT|has no claim personal_space_id)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "{\"personal_space_id\":1}", "{\"personal_space_id\":null}"})
  void aTokenWithoutAPersonalSpaceIsRefused(String claims) {
    assertThatThrownBy(() -> CheckToken.given(tokenOf(claims)))
        .isInstanceOf(StepFailed.class)
        .hasMessage("the token has no claim personal_space_id");
  }

  @ParameterizedTest
  @CsvSource({
    "ws://localhost:5379/api/v1/ws, http://localhost:5379/dev/token",
    "wss://sync.example/api/v1/ws, https://sync.example/dev/token",
    "WSS://[::1]:1/x?y, https://[::1]:1/dev/token"
  })
  void theDevelopmentIssuerIsOnTheSameServer(URI socket, String issuer) {
    assertThat(CheckToken.developmentIssuer(socket).toString())
        .matches("\\Q" + issuer + "\\E\\?sub=check-[0-9a-f]{8}");
  }
}
