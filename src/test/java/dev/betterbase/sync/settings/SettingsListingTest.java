package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** config.md, Commands: what {@code config} shows and finds. */
class SettingsListingTest {
  private static final Map<String, String> GOOD =
      Map.of("TRUSTED_ISSUERS", "https://issuer.example");

  private static Map<String, String> with(String... variables) {
    Map<String, String> all = new HashMap<>(GOOD);
    for (int i = 0; i < variables.length; i += 2) {
      all.put(variables[i], variables[i + 1]);
    }
    return all;
  }

  private static SettingsListing.Row row(Map<String, String> variables, String name) {
    return SettingsListing.rows(variables::get).stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void listsEverySettingOnce() {
    assertThat(SettingsListing.rows(GOOD::get))
        .extracting(SettingsListing.Row::name)
        .containsExactlyElementsOf(List.of(Setting.values()).stream().map(Setting::name).toList());
  }

  @Test
  void saysWhereAValueComesFrom() {
    Map<String, String> variables = with("FILE_STORAGE", " local ");
    assertThat(row(variables, "FILE_STORAGE_BACKEND"))
        .isEqualTo(
            new SettingsListing.Row("FILE_STORAGE_BACKEND", "local", "FILE_STORAGE", "none"));
    assertThat(row(variables, "HTTP_THREADS"))
        .isEqualTo(new SettingsListing.Row("HTTP_THREADS", "200", "default", "200"));
  }

  @Test
  void hidesSecrets() {
    Map<String, String> variables = with("DATABASE_URL", "postgres://u:secret@db/sync");
    assertThat(row(variables, "DATABASE_URL").value()).isEqualTo("(hidden)");
    assertThat(SettingsListing.rows(variables::get).toString()).doesNotContain("secret@");
  }

  @Test
  void aSecretThatCannotBeReadIsStillARow() {
    assertThat(row(with("METRICS_TOKEN_FILE", "/no/such/file"), "METRICS_TOKEN").source())
        .isEqualTo("cannot be read");
  }

  @Test
  void goodSettingsHaveNoFault() {
    assertThat(SettingsListing.faults(GOOD::get)).isEmpty();
  }

  @Test
  void findsEveryFaultAndNotOnlyTheFirst() {
    Map<String, String> variables =
        Map.of(
            "HTTP_THREADS", "many",
            "LOG_FORMAT", "xml",
            "METRICS_TOKEN_FILE", "/no/such/file",
            "FILE_STORAGE", "tape");
    assertThat(SettingsListing.faults(variables::get))
        .hasSize(5)
        .anyMatch(fault -> fault.startsWith("TRUSTED_ISSUERS is not set"))
        .anyMatch(fault -> fault.startsWith("HTTP_THREADS=many: expected"))
        .anyMatch(fault -> fault.startsWith("LOG_FORMAT=xml: expected"))
        .anyMatch(fault -> fault.startsWith("METRICS_TOKEN_FILE=/no/such/file: "))
        .anyMatch(fault -> fault.startsWith("FILE_STORAGE=tape: expected"));
  }

  @Test
  void namesVariablesThatLookLikeOurs() {
    assertThat(
            SettingsListing.unknown(
                List.of(
                    "FEDERATION_DOMIAN",
                    "FEDERATION_DOMAIN",
                    "PATH",
                    "FILE_FS_PATH",
                    "METRICS_TOKEN_FILE",
                    "DATABASE_POOLSIZE")))
        .containsExactly(
            "DATABASE_POOLSIZE is set, but there is no such setting",
            "FEDERATION_DOMIAN is set, but there is no such setting");
  }
}
