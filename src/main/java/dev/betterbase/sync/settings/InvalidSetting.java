package dev.betterbase.sync.settings;

/**
 * A setting has a bad value, so the server does not start. The message is one line that names the
 * variable, the value (unless it is a secret) and what is expected.
 */
public final class InvalidSetting extends RuntimeException {
  private static final int LONGEST_VALUE_SHOWN = 200;

  private final Setting setting;

  /**
   * @param setting the setting that has to be changed
   * @param line the whole message
   */
  InvalidSetting(Setting setting, String line) {
    super(line);
    this.setting = setting;
  }

  /** The setting that has to be changed. */
  Setting setting() {
    return setting;
  }

  static InvalidSetting of(SettingsReader.Given given, String expected) {
    String value = given.setting().isSecret() ? "" : "=" + shown(given.value());
    return new InvalidSetting(given.setting(), given.variable() + value + ": expected " + expected);
  }

  /** Makes a value printable: short, and on one line. */
  public static String shown(String value) {
    String line = value.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= LONGEST_VALUE_SHOWN
        ? line
        : line.substring(0, LONGEST_VALUE_SHOWN) + "…";
  }
}
