package dev.betterbase.sync.settings;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the values of settings from a source. A blank value counts as not set. A secret can also be
 * in a file, which the variable {@code NAME_FILE} names.
 */
final class SettingsReader {
  private final Function<String, @Nullable String> source;

  SettingsReader(Function<String, @Nullable String> source) {
    this.source = source;
  }

  /**
   * The value of a setting, without surrounding spaces.
   *
   * @param variable the name under which it was found: that of the setting or its alias, or the
   *     variable that names the file of a secret
   */
  record Given(Setting setting, String variable, String value) {
    /** The error that this value is bad; names what is expected instead. */
    InvalidSetting expected(String expected) {
      return InvalidSetting.of(this, expected);
    }
  }

  /** The value that is set, or else the default; empty if there is neither. */
  Optional<Given> find(Setting setting) {
    Optional<Given> set = findSet(setting);
    if (set.isPresent()) {
      return set;
    }
    return Optional.ofNullable(setting.defaultValue())
        .map(value -> new Given(setting, setting.name(), value));
  }

  /** The value that is set, under the name of the setting or its alias; both must agree. */
  Optional<Given> findSet(Setting setting) {
    Optional<Given> found = findUnder(setting, setting.name());
    Optional<Given> other = setting.alias().flatMap(alias -> findUnder(setting, alias));
    if (found.isPresent()
        && other.isPresent()
        && !found.get().value().equals(other.get().value())) {
      throw other
          .get()
          .expected(
              "the same value as "
                  + found.get().variable()
                  + ", which is also set; unset one of them");
    }
    return found.or(() -> other);
  }

  /**
   * The value of a setting that another setting requires.
   *
   * @param why completes "it is required", such as "with FILE_STORAGE_BACKEND=s3"
   */
  Given require(Setting setting, String why) {
    return findSet(setting)
        .orElseThrow(
            () ->
                new InvalidSetting(setting, setting.name() + " is not set: it is required " + why));
  }

  /** The whole number from min to max that is set, or else the default. */
  int whole(Setting setting, int min, int max) {
    return (int) wholeLong(setting, min, max);
  }

  /** The whole number from min to max that is set; empty if none is. */
  OptionalInt wholeIfSet(Setting setting, int min, int max) {
    return findSet(setting).isPresent()
        ? OptionalInt.of(whole(setting, min, max))
        : OptionalInt.empty();
  }

  /** The whole number from min to max that is set; empty if none is. */
  OptionalLong wholeLongIfSet(Setting setting, long min, long max) {
    return findSet(setting).isPresent()
        ? OptionalLong.of(wholeLong(setting, min, max))
        : OptionalLong.empty();
  }

  /** The whole number from min to max that is set, or else the default. */
  long wholeLong(Setting setting, long min, long max) {
    Given given = withDefault(setting);
    String expected =
        max == Integer.MAX_VALUE || max == Long.MAX_VALUE
            ? "a whole number of at least " + min
            : "a whole number from " + min + " to " + max;
    // Long.parseLong alone would accept a sign, and digits of any script.
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

  /** The number of seconds from 1 to max that is set, or else the default. */
  Duration seconds(Setting setting, int max) {
    return Duration.ofSeconds(whole(setting, 1, max));
  }

  /** The value {@code true} or {@code false} that is set, or else the default. */
  boolean truth(Setting setting) {
    Given given = withDefault(setting);
    return switch (given.value()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw given.expected("true or false");
    };
  }

  /** The key of 64 hex digits that is set. */
  Optional<Secret> hexKey(Setting setting) {
    Optional<Given> given = findSet(setting);
    given
        .filter(key -> !key.value().matches("[0-9A-Fa-f]{64}"))
        .ifPresent(
            key -> {
              throw key.expected("64 hex digits");
            });
    return given.map(key -> new Secret(key.value()));
  }

  /** The value of a setting that has a default. */
  Given withDefault(Setting setting) {
    return find(setting)
        .orElseThrow(() -> new IllegalStateException(setting + " has no default value"));
  }

  /** The value of a variable that is not one of the settings, as it stands, or null. */
  @Nullable String foreign(String variable) {
    return source.apply(variable);
  }

  /** The entries of a list, without surrounding spaces and blank entries. */
  static List<String> split(String list, String separatorPattern) {
    return List.of(list.split(separatorPattern, -1)).stream()
        .map(String::strip)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  private Optional<Given> findUnder(Setting setting, String variable) {
    Optional<String> value = value(variable);
    value
        .filter(SettingsReader::isQuoted)
        .ifPresent(
            text -> {
              throw new Given(setting, variable, text)
                  .expected("a value without the quotes around it");
            });
    if (value.filter(FileNames::isTextMisread).isPresent()) {
      throw new InvalidSetting(setting, variable + " " + FileNames.MISREAD);
    }
    Optional<String> fileVariable = setting.fileVariable();
    Optional<String> file = fileVariable.flatMap(this::value);
    if (file.isEmpty()) {
      return value.map(text -> new Given(setting, variable, text));
    }
    String named = fileVariable.get();
    if (value.isPresent()) {
      throw new InvalidSetting(
          setting,
          variable + " and " + named + " are both set: expected one of them, so unset the other");
    }
    return Optional.of(new Given(setting, named, SecretFile.read(setting, named, file.get())));
  }

  /**
   * Whether the quotes that a shell would remove are part of the value, as {@code docker
   * --env-file} passes them. Files would go into a folder whose name begins with a quote.
   */
  private static boolean isQuoted(String text) {
    return text.length() > 1
        && ((text.startsWith("\"") && text.endsWith("\""))
            || (text.startsWith("'") && text.endsWith("'")));
  }

  private Optional<String> value(String variable) {
    return Optional.ofNullable(source.apply(variable))
        .filter(text -> !text.isBlank())
        .map(String::strip);
  }
}
