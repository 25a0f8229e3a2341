package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.settings.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartWarningsTest {
  private static final Map<String, String> GOOD =
      Map.of(
          "TRUSTED_ISSUERS", "https://issuer.example http://localhost:8080",
          "AUDIENCES", "sync",
          "IDENTITY_HASH_KEY", "ab".repeat(32));

  private static List<String> warnings(Map<String, String> changed) {
    Map<String, String> values = new HashMap<>(GOOD);
    values.putAll(changed);
    return StartWarnings.of(Settings.read(values::get));
  }

  @Test
  void goodSettingsGiveNone() {
    assertThat(warnings(Map.of())).isEmpty();
    assertThat(StartWarnings.of(Settings.readForDevelopment(name -> null))).isEmpty();
  }

  @Test
  void eachRiskIsSaidOnce() {
    assertThat(
            warnings(
                Map.of(
                    "AUDIENCES", "",
                    "IDENTITY_HASH_KEY", "",
                    "TRUSTED_ISSUERS", "http://issuer.example",
                    "FEDERATION_TRUSTED_DOMAINS", "peer.example")))
        .satisfiesExactlyInAnyOrder(
            warning -> assertThat(warning).startsWith("AUDIENCES is not set"),
            warning -> assertThat(warning).startsWith("IDENTITY_HASH_KEY is not set"),
            warning -> assertThat(warning).startsWith("FEDERATION_DOMAIN is not set"),
            warning -> assertThat(warning).contains("http://issuer.example", "without TLS"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://id_provider:8080", "http://10.0.0.1", "HTTP://issuer.example"})
  void anIssuerWithoutTlsOnAnotherMachineIsARisk(String issuer) {
    assertThat(warnings(Map.of("TRUSTED_ISSUERS", issuer)))
        .singleElement()
        .asString()
        .contains(issuer, "without TLS");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"})
  void anIssuerOnThisMachineNeedsNoTls(String issuer) {
    assertThat(warnings(Map.of("TRUSTED_ISSUERS", issuer))).isEmpty();
  }

  @Test
  void domainOfThisServerIsNeededForFederationOnly() {
    assertThat(
            warnings(
                Map.of(
                    "FEDERATION_DOMAIN", "sync.example",
                    "FEDERATION_TRUSTED_DOMAINS", "peer.example")))
        .isEmpty();
  }
}
