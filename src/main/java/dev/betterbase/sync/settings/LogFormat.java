package dev.betterbase.sync.settings;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The format of the uber-jar's log. */
public enum LogFormat {
  /** One line of text per event. */
  TEXT,
  /** One JSON object per event, on one line. */
  JSON;

  /**
   * Reads the setting, for commands.
   *
   * @param source gives the value of a variable, or null
   * @throws InvalidSetting if it has a bad value
   */
  public static LogFormat read(Function<String, @Nullable String> source) {
    return read(new SettingsReader(source));
  }

  static LogFormat read(SettingsReader reader) {
    SettingsReader.Given given = reader.withDefault(Setting.LOG_FORMAT);
    return switch (given.value()) {
      case "text" -> TEXT;
      case "json" -> JSON;
      default -> throw given.expected("text or json");
    };
  }
}
