package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.settings.SettingsListing;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code config}: shows the settings in force, or checks them (config.md, Commands). */
@Command(
    name = "config",
    description =
        "Prints every setting with its value, the variable that gave it, and its default.")
final class ConfigCommand implements Callable<Integer> {
  private static final int FAULTY = 1;

  private final Function<String, @Nullable String> source;
  private final Supplier<Collection<String>> variables;

  @Spec private CommandSpec spec;

  @Option(
      names = "--check",
      description =
          "Prints only what is wrong, one line for each fault. Like the command without it, it ends"
              + " with 1 if there is a fault, and connects to nothing.")
  private boolean check;

  /**
   * @param source gives the value of a setting
   * @param variables gives the names of all variables that are set
   */
  ConfigCommand(Function<String, @Nullable String> source, Supplier<Collection<String>> variables) {
    this.source = source;
    this.variables = variables;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (!check) {
      SettingsListing.rows(source).forEach(row -> out.println(line(row)));
    }
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    SettingsListing.unknown(variables.get()).forEach(line -> err.println("warning: " + line));
    List<String> faults = SettingsListing.faults(source);
    faults.forEach(fault -> err.println("betterbase-sync: " + fault));
    err.flush();
    return faults.isEmpty() ? 0 : FAULTY;
  }

  private static String line(SettingsListing.Row row) {
    String origin = row.name() + "=" + row.value() + "  # " + row.source();
    if (row.standard().isEmpty() || row.standard().equals(row.value())) {
      return origin;
    }
    return origin + "; default: " + row.standard();
  }
}
