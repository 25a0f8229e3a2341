package dev.betterbase.sync.settings;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The keys that seal private keys in the database, each of 64 hex digits (config.md, Sealed private
 * keys).
 *
 * @param current seals; if empty, private keys are stored as they are
 * @param previous only opens the keys that it has sealed
 */
public record SecretsKeys(Optional<Secret> current, Optional<Secret> previous) {

  /**
   * Reads only these settings, for commands.
   *
   * @param source gives the value of a variable, or null
   * @throws InvalidSetting if one of them has a bad value
   */
  public static SecretsKeys read(Function<String, @Nullable String> source) {
    return read(new SettingsReader(source));
  }

  static SecretsKeys read(SettingsReader reader) {
    return new SecretsKeys(
        reader.hexKey(Setting.SECRETS_KEY), reader.hexKey(Setting.SECRETS_PREVIOUS_KEY));
  }
}
