package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.boot.Programs;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs commands within this JVM, which is much cheaper than a process each. {@link CommandLineIT}
 * shows that the packaged jar does the same.
 */
final class Commands {
  private Commands() {}

  /** The exit code, and all that was printed. */
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
    var printed = new StringWriter();
    var writer = new PrintWriter(printed);
    int exitCode =
        Launcher.commandLine(Programs.nowhere(), settings::get)
            .setOut(writer)
            .setErr(writer)
            .execute(arguments);
    return new Outcome(exitCode, printed.toString());
  }
}
