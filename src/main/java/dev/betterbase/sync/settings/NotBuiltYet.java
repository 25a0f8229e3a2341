package dev.betterbase.sync.settings;

import java.util.List;

/**
 * Settings that this version reads and validates, but whose features are not in it: where one of
 * them asks for such a feature the start is refused, rather than the setting ignored.
 */
final class NotBuiltYet {
  private static final List<Setting> FEATURES =
      List.of(
          Setting.FEDERATION_TRUSTED_DOMAINS,
          Setting.FEDERATION_TRUSTED_KEYS,
          Setting.FEDERATION_FST_SECRET,
          Setting.FEDERATION_FST_PREVIOUS_SECRET);

  private NotBuiltYet() {}

  static void refuse(SettingsReader reader) {
    for (Setting feature : FEATURES) {
      reader
          .findSet(feature)
          .filter(given -> !given.value().equals(feature.defaultValue()))
          .ifPresent(
              given -> {
                throw given.expected("not to be set: what it turns on is not in this version yet");
              });
    }
  }
}
