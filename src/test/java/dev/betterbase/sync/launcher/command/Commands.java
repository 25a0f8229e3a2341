package dev.betterbase.sync.launcher.command;

import static java.util.stream.Collectors.joining;

import dev.betterbase.sync.launcher.boot.Programs;
import dev.betterbase.sync.security.SecurityLog;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Runs commands within this JVM, which is much cheaper than a process each. {@link CommandLineIT}
 * shows that the packaged jar does the same.
 */
final class Commands {
  private Commands() {}

  /** The exit code, and all that was printed but the lines of the security log. */
  record Outcome(int exitCode, String output) {
    /** The values of lines of the form {@code name=value}; a warning is none. */
    Map<String, String> values() {
      Map<String, String> values = new TreeMap<>();
      output
          .lines()
          .filter(line -> !line.startsWith("betterbase-sync: warning: "))
          .forEach(line -> values.put(line.split("=", 2)[0], line.split("=", 2)[1]));
      return values;
    }
  }

  /** Runs a command that ends by itself, or that is refused. */
  static Outcome run(Map<String, String> settings, String... arguments) {
    return run(settings, line -> {}, arguments);
  }

  /**
   * The same.
   *
   * @param log gets the lines of the security log
   */
  static Outcome run(Map<String, String> settings, Consumer<String> log, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exitCode =
        Launcher.commandLine(Programs.nowhere(), settings::get)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    err.toString().lines().filter(line -> line.contains(SecurityLog.NAME)).forEach(log);
    String others =
        err.toString()
            .lines()
            .filter(line -> !line.contains(SecurityLog.NAME))
            .map(line -> line + "\n")
            .collect(joining());
    return new Outcome(exitCode, others + out);
  }
}
