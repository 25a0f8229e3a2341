package dev.betterbase.sync.launcher.boot;

import java.nio.file.Path;

/** Programs for tests of commands that use none of its files. */
public final class Programs {
  private static final Path NOWHERE = Path.of("nowhere");

  private Programs() {}

  /** A program whose files are nowhere. */
  public static Program nowhere() {
    return new Program(
        NOWHERE.resolve("betterbase-sync.jar"),
        Installation.running(NOWHERE.resolve("launch.jar")),
        NOWHERE,
        ClassLoader.getSystemClassLoader());
  }
}
