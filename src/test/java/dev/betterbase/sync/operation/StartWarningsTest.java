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
          "LISTEN_ADDR", "127.0.0.1:5379",
          "AUDIENCES", "sync",
          "MAX_TOKEN_LIFETIME", "86400",
          "IDENTITY_HASH_KEY", "ab".repeat(32));

  private static List<String> warnings(Map<String, String> changed) {
    Map<String, String> values = new HashMap<>(GOOD);
    values.putAll(changed);
    return StartWarnings.of(Settings.read(values::get), true);
  }

  @Test
  void goodSettingsGiveNone() {
    assertThat(warnings(Map.of())).isEmpty();
    assertThat(StartWarnings.of(Settings.readForDevelopment(name -> null), true)).isEmpty();
  }

  @Test
  void eachRiskIsSaidOnce() {
    assertThat(
            warnings(
                Map.of(
                    "AUDIENCES", "",
                    "MAX_TOKEN_LIFETIME", "",
                    "IDENTITY_HASH_KEY", "",
                    "TRUSTED_ISSUERS", "http://issuer.example",
                    "FEDERATION_TRUSTED_DOMAINS", "peer.example")))
        .satisfiesExactlyInAnyOrder(
            warning -> assertThat(warning).startsWith("AUDIENCES is not set"),
            warning -> assertThat(warning).startsWith("MAX_TOKEN_LIFETIME is not set"),
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

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:5379", ":5379", "[::]:5379", "[0:0::0]:5379"})
  void aListenerOnAllAddressesNeedsAProxyThatIsNamed(String address) {
    assertThat(warnings(Map.of("LISTEN_ADDR", address)))
        .singleElement()
        .asString()
        .startsWith("LISTEN_ADDR is on all addresses");
    assertThat(warnings(Map.of("LISTEN_ADDR", address, "TRUSTED_PROXIES", "10.0.0.0/8"))).isEmpty();
    Map<String, String> values = new HashMap<>(GOOD);
    values.put("LISTEN_ADDR", address);
    assertThat(StartWarnings.of(Settings.read(values::get), false)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.5:5379", "[::1]:5379", "localhost:5379"})
  void aListenerOnOneAddressDoesNot(String address) {
    assertThat(warnings(Map.of("LISTEN_ADDR", address))).isEmpty();
  }
}
