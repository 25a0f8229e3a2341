package dev.betterbase.sync.launcher.command;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The source of settings for commands. It gives the same values as MicroProfile Config, from which
 * the application reads them.
 */
final class Environment {
  private Environment() {}

  /** Looks for a system property first, then for an environment variable. */
  static Function<String, @Nullable String> settings() {
    return name -> {
      String property = System.getProperty(name);
      return property != null ? property : System.getenv(name);
    };
  }
}
