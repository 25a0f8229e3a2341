package dev.betterbase.sync.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Properties that Maven writes into the jar: its version and that of its PostgreSQL. */
public final class Build {
  private Build() {}

  /** The value of a property of the build: {@code version} or {@code postgresql}. */
  public static String property(String name) {
    try (InputStream file = Build.class.getResourceAsStream("build.properties")) {
      Properties properties = new Properties();
      if (file != null) {
        properties.load(file);
      }
      String value = properties.getProperty(name);
      if (value == null) {
        throw new IllegalStateException("build.properties has no " + name);
      }
      return value;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
