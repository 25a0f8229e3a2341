package dev.betterbase.sync.settings;

/**
 * A setting that stops the start. The message is one line that names the variable, its value (never
 * a secret's) and what is expected.
 */
public final class InvalidSetting extends RuntimeException {
  private static final int LONGEST_VALUE_SHOWN = 200;

  /** A refusal whose whole line is given. */
  public InvalidSetting(String line) {
    super(line);
  }

  static InvalidSetting of(SettingsReader.Given given, String expected) {
    String value = given.setting().isSecret() ? "" : "=" + shown(given.value());
    return new InvalidSetting(given.variable() + value + ": expected " + expected);
  }

  /** A value may hold anything: what is printed of it is short and stays on one line. */
  private static String shown(String value) {
    String line = value.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= LONGEST_VALUE_SHOWN
        ? line
        : line.substring(0, LONGEST_VALUE_SHOWN) + "…";
  }
}
