package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The files of this program: the jar, what was unpacked of it, and the folder of this run. */
public final class Program {
  private final Path jar;
  private final Installation installation;
  private final Path folder;
  private final ClassLoader server;

  /**
   * @param server the class loader of the server
   */
  Program(Path jar, Installation installation, Path folder, ClassLoader server) {
    this.jar = jar;
    this.installation = installation;
    this.folder = folder;
    this.server = server;
  }

  Installation installation() {
    return installation;
  }

  /** The uber-jar. */
  public Path jar() {
    return jar;
  }

  /** The folder for the files of this run, which is deleted at exit. */
  public Path folder() {
    return folder;
  }

  /** The folder of the unpacked jar. It is not to be changed. */
  public Path installed() {
    return installation.folder();
  }

  /** The folder of the unpacked application. It is not to be changed. */
  public Path application() {
    return installation.folder().resolve("ROOT");
  }

  /** The jar from which the server starts with its libraries on the class path. */
  public Path launchJar() {
    return installation.launchJar();
  }

  /**
   * The class loader of the server's libraries: that of the system, if this process was started
   * from {@link #launchJar}.
   */
  public ClassLoader server() {
    return server;
  }

  /** The file in which the launcher looks for an AOT cache. It fits one Java only. */
  public Path aotCache() {
    return installation.aotCache();
  }

  /**
   * The reason why this server would not use an AOT cache at its next start, in words that follow a
   * colon; empty if it would.
   */
  public Optional<String> aotCacheObstacle() {
    int version = Runtime.version().feature();
    if (version < JvmFlags.FIRST_WITH_CACHE) {
      return Optional.of(
          "it needs Java " + JvmFlags.FIRST_WITH_CACHE + " or newer, and this is Java " + version);
    }
    if (!Main.isRelaunched()) {
      return Optional.of("this server was not started again from its unpacked jar");
    }
    try {
      Optional<String> danger = SafePath.danger(installation.folder());
      if (danger.isPresent()) {
        return danger;
      }
    } catch (IOException e) {
      return Optional.of("its folder cannot be examined (" + e.getMessage() + ")");
    }
    List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
    return JvmFlags.allowCache(flags, System.getenv())
        ? Optional.empty()
        : Optional.of("the flags of this JVM forbid it or name another");
  }

  /**
   * The system properties that tell a process that it was started from {@link #launchJar}.
   *
   * @return an argument for {@code java}
   */
  public String launchArgument() {
    return "-D" + Main.UBER_JAR + "=" + jar;
  }
}
