package dev.betterbase.sync.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings, their values and their sources, for operators (config.md, Commands). */
public final class SettingsListing {
  /**
   * Variables that begin like this are meant for this server, or for nothing that runs beside it.
   */
  private static final List<String> OURS =
      List.of("FEDERATION_", "FILE_S3_", "FILE_FS_", "FILE_STORAGE", "DATABASE_", "CLUSTER_");

  /** Lets the other settings be read when no issuer, or a bad one, is set. */
  private static final String ANY_ISSUER = "https://issuer.example";

  /**
   * A setting in force.
   *
   * @param value the value that is set, or the default; {@code (hidden)} for a secret, empty if
   *     there is none
   * @param source the variable that was set, {@link #DEFAULT}, or {@code cannot be read}
   * @param standard the default, as the README shows it; empty if there is none
   */
  public record Row(String name, String value, String source, String standard) {}

  /** The source of a setting that is not set. */
  public static final String DEFAULT = "default";

  private SettingsListing() {}

  /**
   * All settings, in the order of the README.
   *
   * @param source gives the value of a variable, or null
   */
  public static List<Row> rows(Function<String, @Nullable String> source) {
    SettingsReader reader = new SettingsReader(source);
    return Arrays.stream(Setting.values()).map(setting -> row(reader, setting)).toList();
  }

  private static Row row(SettingsReader reader, Setting setting) {
    String standard = setting.shownDefault().replace("`", "");
    try {
      return reader
          .findSet(setting)
          .map(given -> new Row(setting.name(), shown(given), given.variable(), standard))
          .orElseGet(
              () ->
                  new Row(
                      setting.name(),
                      Objects.requireNonNullElse(setting.defaultValue(), ""),
                      DEFAULT,
                      standard));
    } catch (InvalidSetting unreadable) {
      return new Row(setting.name(), "", "cannot be read", standard);
    }
  }

  private static String shown(SettingsReader.Given given) {
    return given.setting().isSecret() ? "(hidden)" : InvalidSetting.shown(given.value());
  }

  /**
   * All that is wrong with the settings, one line each. A setting that is bad is read as if it was
   * not set to find what else is wrong.
   *
   * @param source gives the value of a variable, or null
   */
  public static List<String> faults(Function<String, @Nullable String> source) {
    List<String> faults = new ArrayList<>();
    Set<Setting> bad = EnumSet.noneOf(Setting.class);
    while (true) {
      try {
        Settings.read(variable -> bad(bad, variable) ? standIn(variable) : source.apply(variable));
        return faults;
      } catch (InvalidSetting fault) {
        if (!bad.add(fault.setting())) {
          return faults;
        }
        faults.add(fault.getMessage());
      }
    }
  }

  private static boolean bad(Set<Setting> bad, String variable) {
    return bad.stream().flatMap(Setting::variables).anyMatch(variable::equals);
  }

  private static @Nullable String standIn(String variable) {
    return variable.equals(Setting.TRUSTED_ISSUERS.name()) ? ANY_ISSUER : null;
  }

  /**
   * One line for each variable that looks as if it was meant for this server and is not a setting:
   * most likely its name is misspelt.
   *
   * @param variables the names of all variables that are set
   */
  public static List<String> unknown(Collection<String> variables) {
    Set<String> known = Setting.allVariables();
    return variables.stream()
        .filter(name -> OURS.stream().anyMatch(name::startsWith))
        .filter(name -> !known.contains(name))
        .sorted()
        .map(name -> name + " is set, but there is no such setting")
        .toList();
  }
}
