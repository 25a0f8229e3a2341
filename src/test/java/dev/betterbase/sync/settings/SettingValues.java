package dev.betterbase.sync.settings;

import java.util.HashMap;
import java.util.Map;

/** Values of settings for the tests, as alternating names and values. */
final class SettingValues {
  private SettingValues() {}

  static Map<String, String> values(String... namesAndValues) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return values;
  }

  /** Reads all settings, with an issuer, which has no default. */
  static Settings read(String... namesAndValues) {
    Map<String, String> values = values(namesAndValues);
    values.putIfAbsent("TRUSTED_ISSUERS", "https://issuer.example");
    return Settings.read(values::get);
  }
}
