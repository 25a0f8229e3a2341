package dev.betterbase.sync.settings;

import static dev.betterbase.sync.settings.SettingValues.read;
import static dev.betterbase.sync.settings.SettingValues.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FederationSettingsTest {
  private static final String KEY =
      "https://peer.example/.well-known/jwks.json#k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

  @Test
  void domainsAndKeysAreConvertedToCanonicalForm() {
    Map<String, String> values =
        values(
            "FEDERATION_DOMAIN", "https://Sync.Example.:443/",
            "FEDERATION_TRUSTED_DOMAINS", "PEER.example., other.example:8443",
            "FEDERATION_TRUSTED_KEYS", KEY + "=");

    FederationSettings federation = FederationSettings.read(new SettingsReader(values::get));

    assertThat(federation.domain()).contains("sync.example");
    assertThat(federation.trustedDomains()).isEqualTo(Set.of("peer.example", "other.example:8443"));
    assertThat(federation.trustedKeys())
        .isEqualTo(
            Map.of(
                "https://peer.example/.well-known/jwks.json#k",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  }

  @ParameterizedTest
  @CsvSource({
    "peer.example, true",
    "peer.example:8443, false",
    "other.example:8443, true",
    "other.example, false",
    "localhost:1, true",
    "127.0.0.1:1, false",
    "127.0.0.1:7152, true",
  })
  void aServerIsCalledOnlyOnTheTrustedPort(String domain, boolean called) {
    Map<String, String> values =
        values(
            "FEDERATION_TRUSTED_DOMAINS",
            "peer.example,other.example:8443,localhost,127.0.0.1:7152");
    assertThat(FederationSettings.read(new SettingsReader(values::get)).mayCall(new Domain(domain)))
        .isEqualTo(called);
  }

  @Test
  void trustedDomainsComeFromTheKeys() {
    Map<String, String> values = values("FEDERATION_TRUSTED_KEYS", KEY);

    assertThat(FederationSettings.read(new SettingsReader(values::get)).trustedDomains())
        .isEqualTo(Set.of("peer.example"));
  }

  @Test
  void aKeyOfADomainThatIsNotTrustedIsAnError() {
    assertThatThrownBy(
            () -> read("FEDERATION_TRUSTED_DOMAINS", "a.example", "FEDERATION_TRUSTED_KEYS", KEY))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("FEDERATION_TRUSTED_KEYS=")
        .hasMessageContaining("FEDERATION_TRUSTED_DOMAINS");
  }
}
