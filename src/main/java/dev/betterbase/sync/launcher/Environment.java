package dev.betterbase.sync.launcher;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the launcher reads settings: as MicroProfile Config, which the application reads them by.
 */
public final class Environment {
  private Environment() {}

  /** System properties first, then environment variables. */
  public static Function<String, @Nullable String> settings() {
    return name -> {
      String property = System.getProperty(name);
      return property != null ? property : System.getenv(name);
    };
  }
}
