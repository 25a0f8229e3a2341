package dev.betterbase.sync.settings;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads settings by name from a source; a blank value counts as not set. */
final class SettingsReader {
  private final Function<String, @Nullable String> source;

  SettingsReader(Function<String, @Nullable String> source) {
    this.source = source;
  }

  /**
   * A value as it was given, trimmed.
   *
   * @param variable the name under which it was found: the setting's own or an alias
   */
  record Given(Setting setting, String variable, String value) {
    InvalidSetting expected(String expected) {
      return InvalidSetting.of(this, expected);
    }
  }

  /** What was set, or what holds by default; empty where neither is a value. */
  Optional<Given> find(Setting setting) {
    Optional<Given> set = findSet(setting);
    if (set.isPresent()) {
      return set;
    }
    return Optional.ofNullable(setting.defaultValue())
        .map(value -> new Given(setting, setting.name(), value));
  }

  /** What was set, under the setting's name or an alias; two that contradict are refused. */
  Optional<Given> findSet(Setting setting) {
    Optional<Given> found = findUnder(setting, setting.name());
    Optional<Given> other = setting.alias().flatMap(alias -> findUnder(setting, alias));
    if (found.isPresent()
        && other.isPresent()
        && !found.get().value().equals(other.get().value())) {
      throw other.get().expected("the value of " + found.get().variable() + ", or not to be set");
    }
    return found.or(() -> other);
  }

  /** A setting that is needed because of another. */
  Given require(Setting setting, String why) {
    return findSet(setting)
        .orElseThrow(
            () -> new InvalidSetting(setting.name() + " is not set: it is required " + why));
  }

  /** A whole number with a default, from min to max. */
  int whole(Setting setting, int min, int max) {
    return (int) wholeLong(setting, min, max);
  }

  /** A whole number with a default, from min to max. */
  long wholeLong(Setting setting, long min, long max) {
    Given given = withDefault(setting);
    String expected =
        max == Integer.MAX_VALUE || max == Long.MAX_VALUE
            ? "a whole number of at least " + min
            : "a whole number from " + min + " to " + max;
    // Long.parseLong alone would take a sign and the digits of every script.
    if (!given.value().matches("[0-9]{1,19}")) {
      throw given.expected(expected);
    }
    try {
      long number = Long.parseLong(given.value());
      if (number < min || number > max) {
        throw given.expected(expected);
      }
      return number;
    } catch (NumberFormatException e) {
      throw given.expected(expected);
    }
  }

  /** Whole seconds with a default, from 1 to max. */
  Duration seconds(Setting setting, int max) {
    return Duration.ofSeconds(whole(setting, 1, max));
  }

  /** Exactly {@code true} or {@code false}, with a default. */
  boolean truth(Setting setting) {
    Given given = withDefault(setting);
    return switch (given.value()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw given.expected("true or false");
    };
  }

  /** A setting that has a value by default. */
  Given withDefault(Setting setting) {
    return find(setting)
        .orElseThrow(() -> new IllegalStateException(setting + " has no default value"));
  }

  /** The entries of a list that are not blank. */
  static List<String> split(String list, String separatorPattern) {
    return List.of(list.split(separatorPattern, -1)).stream()
        .map(String::strip)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  private Optional<Given> findUnder(Setting setting, String variable) {
    String value = source.apply(variable);
    if (value == null || value.isBlank()) {
      return Optional.empty();
    }
    return Optional.of(new Given(setting, variable, value.strip()));
  }
}
