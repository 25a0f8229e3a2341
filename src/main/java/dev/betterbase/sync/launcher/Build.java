package dev.betterbase.sync.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this build is made of, written into it by the build. */
public final class Build {
  private Build() {}

  /** A property of the build: {@code version} or {@code postgresql}. */
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
