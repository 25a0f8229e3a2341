package dev.betterbase.sync.launcher;

import dev.betterbase.sync.settings.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code aot-cache}: what the JVM learns of the server while it starts and works, in a file, so
 * that the next start need not learn it again (JEP 483, 514 and 515).
 */
@Command(
    name = "aot-cache",
    description =
        "Makes an AOT cache for this jar and this Java, which must be 25 or newer: starts the"
            + " server on a database of its own that is thrown away, puts load on it, and writes"
            + " what the JVM has learned. A server started with it is there sooner, and fast"
            + " sooner. To be made anew for another jar, another Java, or another collector.",
    mixinStandardHelpOptions = true)
final class AotCacheCommand implements Runnable {
  private static final int FIRST_JAVA = 25;

  /** Beside the load: the start, and the making of the file, on a slow machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Path jar;
  private final Path folder;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "<file>",
      description = "Where it is written. Default: betterbase-sync.aot beside the jar.")
  private @Nullable Path given;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      paramLabel = "<n>",
      description = "How long the load lasts (default: ${DEFAULT-VALUE}).")
  private int seconds = 20;

  /**
   * @param folder the folder of this run, where the database is
   */
  AotCacheCommand(Path jar, Path folder) {
    this.jar = jar;
    this.folder = folder;
  }

  @Override
  public void run() {
    if (Runtime.version().feature() < FIRST_JAVA) {
      throw new StartRefused(
          "an AOT cache needs Java " + FIRST_JAVA + " or newer; this is " + Runtime.version());
    }
    Path file = given == null ? jar.resolveSibling("betterbase-sync.aot") : given.toAbsolutePath();
    Path parent = file.getParent();
    if (parent == null || !Files.isWritable(parent)) {
      throw new StartRefused("no AOT cache was made: cannot write to " + parent);
    }
    say("The server works by itself for %d s, then the cache is written".formatted(seconds));
    try {
      Files.deleteIfExists(file);
      rehearse(file);
      say("Wrote %s (%d MB)".formatted(file, Files.size(file) / 1_000_000));
    } catch (IOException e) {
      throw new StartRefused("no AOT cache was made: " + e.getMessage(), e);
    }
    say(
        "Start the server with: java %s"
            .formatted(String.join(" ", arguments("-XX:AOTCache=" + file))));
  }

  private void rehearse(Path file) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(arguments("-XX:AOTCacheOutput=" + file));
    command.add(RehearseCommand.NAME);
    command.add(Integer.toString(seconds));
    // In a folder of its own, for its data; and without the settings of the server to come.
    Path rehearsal = Files.createDirectory(folder.resolve("rehearsal"));
    // The JVM names each of the thousands of classes that it leaves out.
    Path output = rehearsal.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(rehearsal.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeAll(settings());
    builder.environment().put(Setting.LISTEN_ADDR.name(), "127.0.0.1:0");
    Process process = builder.start();
    try {
      if (!process.waitFor(PATIENCE.toSeconds() + seconds, TimeUnit.SECONDS)) {
        throw new IOException("it takes too long");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroy();
    }
    if (process.exitValue() != 0 || !Files.exists(file)) {
      say(Files.readString(output));
      throw new IOException("exit code " + process.exitValue() + ", see above");
    }
  }

  /** The names of all settings, by which the server to come may be given its database. */
  private static Set<String> settings() {
    return Stream.of(Setting.values())
        .flatMap(setting -> Stream.concat(Stream.of(setting.name()), setting.alias().stream()))
        .collect(Collectors.toSet());
  }

  /** As this process was started, but for its command and what is a setting. */
  private List<String> arguments(String cache) {
    List<String> arguments = new ArrayList<>();
    arguments.add(cache);
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      boolean setting =
          argument.startsWith("-D") && settings().contains(argument.substring(2).split("=", 2)[0]);
      if (!setting && !argument.startsWith("-XX:AOT")) {
        arguments.add(argument);
      }
    }
    arguments.add("-jar");
    arguments.add(jar.toString());
    return arguments;
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
