package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The number of files, connections included, that this process has open and may open. */
public final class OpenFiles {
  /** The way to raise the limit. */
  public static final String ADVICE =
      "raise the limit, with \"ulimit -n\", LimitNOFILE= in a unit of systemd, or \"docker run"
          + " --ulimit nofile=\"";

  /** A server that has just started has about 420 open. */
  private static final long FOR_A_SERVER = 1024;

  private static final long FOR_A_COMMAND = 256;
  private static final Path PROCESS = Path.of("/proc/self");
  private static final Pattern LIMIT = Pattern.compile("(?m)^Max open files +([0-9]+) ");

  private OpenFiles() {}

  /**
   * The limit of this process; empty if there is none, or the system does not tell. The JVM has
   * already raised it as far as the system lets it.
   */
  public static OptionalLong limit() {
    try {
      Matcher limit = LIMIT.matcher(Files.readString(PROCESS.resolve("limits")));
      return limit.find() ? OptionalLong.of(Long.parseLong(limit.group(1))) : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** The number of files that this process has open; 0 if the system does not tell. */
  public static long count() {
    try (Stream<Path> files = Files.list(PROCESS.resolve("fd"))) {
      return files.count();
    } catch (IOException e) {
      return 0;
    }
  }

  /** The fault of the limit, in one line; empty if it suffices. */
  static Optional<String> shortage(boolean server) {
    OptionalLong limit = limit();
    long needed = server ? FOR_A_SERVER : FOR_A_COMMAND;
    return limit.isPresent() && limit.getAsLong() < needed
        ? Optional.of(
            "this process may open only "
                + limit.getAsLong()
                + " files, and needs "
                + needed
                + ": "
                + ADVICE)
        : Optional.empty();
  }
}
