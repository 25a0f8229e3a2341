package dev.betterbase.sync.settings;

/** A text that must not be printed. Its {@code toString} hides it. */
public record Secret(String value) {
  @Override
  public String toString() {
    return "(secret)";
  }
}
