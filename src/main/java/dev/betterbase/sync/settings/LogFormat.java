package dev.betterbase.sync.settings;

/** How the uber-jar writes its log. */
public enum LogFormat {
  /** A line for people. */
  TEXT,
  /** A JSON object a line. */
  JSON;

  static LogFormat read(SettingsReader reader) {
    SettingsReader.Given given = reader.withDefault(Setting.LOG_FORMAT);
    return switch (given.value()) {
      case "text" -> TEXT;
      case "json" -> JSON;
      default -> throw given.expected("text or json");
    };
  }
}
