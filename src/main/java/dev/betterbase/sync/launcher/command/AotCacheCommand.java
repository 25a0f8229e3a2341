package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.JvmFlags;
import dev.betterbase.sync.launcher.boot.Main;
import dev.betterbase.sync.launcher.check.StepFailed;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
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
  /** How long the server may take to end, which is when the file is made, on a slow machine. */
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
    if (Runtime.version().feature() < JvmFlags.FIRST_WITH_CACHE) {
      throw new StartRefused(
          "an AOT cache needs Java "
              + JvmFlags.FIRST_WITH_CACHE
              + " or newer; this is "
              + Runtime.version());
    }
    Path file = given == null ? JvmFlags.cacheOf(jar) : given.toAbsolutePath();
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
        "Start the server with: %s %s"
            .formatted(java(), String.join(" ", arguments("-XX:AOTCache=" + file))));
  }

  // The load comes from this process: a class that client and server have twice, in loaders of
  // their own, would be left out.
  private void rehearse(Path file) throws IOException {
    ListenAddress address = ListenPort.claim(new ListenAddress(ListenAddress.LOOPBACK, 0));
    Path output = folder.resolve("rehearsal.log");
    Process server = start(file, address, output);
    try {
      work(server, address);
      if (!Files.exists(file)) {
        throw new IOException("exit code " + server.exitValue() + ", see above");
      }
    } catch (StepFailed | IOException failure) {
      say(Files.readString(output));
      // What was learned of a server that does not work is of no use.
      Files.deleteIfExists(file);
      throw new IOException(failure.getMessage(), failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void work(Process server, ListenAddress address) throws StepFailed, InterruptedException {
    try {
      new Rehearsal(URI.create("ws://" + address + "/api/v1/ws"), Duration.ofSeconds(seconds))
          .run(server::isAlive);
    } finally {
      // In order, also after a failure: the server stops its database, and writes the cache.
      server.destroy();
      if (!server.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        server.destroyForcibly().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    }
  }

  /** In a folder of its own, for its data; and without the settings of the server to come. */
  private Process start(Path file, ListenAddress address, Path output) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.add("-D" + Main.END_WITH_PARENT + "=true");
    command.addAll(arguments("-XX:AOTCacheOutput=" + file));
    command.addAll(List.of("serve", "--dev"));
    // To a file: the JVM names each of the thousands of classes that it leaves out.
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Files.createDirectory(folder.resolve("rehearsal")).toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeAll(settings());
    builder.environment().put(Setting.LISTEN_ADDR.name(), address.toString());
    return builder.start();
  }

  /** The names of all settings, by which the server to come may be given its database. */
  private static Set<String> settings() {
    return Stream.of(Setting.values())
        .flatMap(setting -> Stream.concat(Stream.of(setting.name()), setting.alias().stream()))
        .collect(Collectors.toSet());
  }

  /** The one that runs this, which a cache is for. */
  private static String java() {
    return ProcessHandle.current().info().command().orElse("java");
  }

  /** As this process was started, but for its command and what is a setting. */
  private List<String> arguments(String cache) {
    Set<String> settings = settings();
    List<String> arguments = new ArrayList<>();
    arguments.add(cache);
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      String property = argument.startsWith("-D") ? argument.substring(2).split("=", 2)[0] : "";
      boolean ours = settings.contains(property) || property.equals(Main.END_WITH_PARENT);
      if (!ours && !argument.startsWith("-XX:AOT")) {
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
