package dev.betterbase.sync.settings;

/** How the uber-jar writes its log. */
public enum LogFormat {
  /** One line of text per event. */
  TEXT,
  /** One JSON object per event, on one line. */
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
