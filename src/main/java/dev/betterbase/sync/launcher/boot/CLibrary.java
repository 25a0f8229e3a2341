package dev.betterbase.sync.launcher.boot;

import java.nio.file.Files;
import java.nio.file.Path;

/** The C library of this system. */
public final class CLibrary {
  private CLibrary() {}

  /** Whether it is musl, which Alpine Linux has. */
  public static boolean isMusl() {
    return Files.exists(Path.of("/etc/alpine-release"));
  }
}
