package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.JvmFlags;
import dev.betterbase.sync.launcher.boot.Main;
import dev.betterbase.sync.launcher.boot.Program;
import dev.betterbase.sync.launcher.check.Rehearsal;
import dev.betterbase.sync.launcher.check.StepFailed;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code aot-cache}: runs the server under load and stores what the JVM learns of its classes and
 * methods in a file, which makes later starts faster (JEP 483, 514 and 515).
 */
@Command(
    name = "aot-cache",
    description =
        "Makes an AOT cache for this jar and this Java, which must be 25 or newer: starts the"
            + " server on a temporary database, puts load on it, and writes what the JVM has"
            + " learned to a file. With that file, the server starts faster and reaches full speed"
            + " earlier. Without this command, the server makes the cache itself when it has little"
            + " to do (AOT_CACHE_QUIET_SECONDS).",
    mixinStandardHelpOptions = true)
final class AotCacheCommand implements Runnable {
  /** The time that the server may take to end. It writes the cache while it ends. */
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  /**
   * Few threads, because the server keeps a file free for each of them. {@code podman build} before
   * Podman 5 lets a process open 1,024 files. A JVM that makes a cache has more than 700 open,
   * because it opens every library twice.
   */
  private static final int SERVER_THREADS = 32;

  private final Program program;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "<file>",
      description = "The file to write. Default: where the server looks for it.")
  private @Nullable Path given;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      paramLabel = "<n>",
      description = "How long the load lasts, in seconds (default: ${DEFAULT-VALUE}).")
  private int seconds = 20;

  AotCacheCommand(Program program) {
    this.program = program;
  }

  @Override
  public void run() {
    if (Runtime.version().feature() < JvmFlags.FIRST_WITH_CACHE) {
      throw new StartRefused(
          "an AOT cache needs Java "
              + JvmFlags.FIRST_WITH_CACHE
              + " or newer, but this is Java "
              + Runtime.version()
              + ": start this command with a newer java");
    }
    Path file = given == null ? program.aotCache() : given.toAbsolutePath();
    Path parent = file.getParent();
    if (parent == null || !Files.isWritable(parent)) {
      throw new StartRefused("no AOT cache was made: cannot write to the folder " + parent);
    }
    try (FileChannel channel =
        FileChannel.open(
            parent.resolve(file.getFileName() + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE)) {
      lock(channel);
      // Under another name until it is whole: a server may start at any time.
      Path unfinished = parent.resolve(file.getFileName() + ".unfinished");
      deleteUnfinished(unfinished);
      say("Running the server under load for %d s, then writing the cache".formatted(seconds));
      rehearse(unfinished);
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      say("Wrote %s (%d MB)".formatted(file, Files.size(file) / 1_000_000));
    } catch (IOException e) {
      throw new StartRefused("no AOT cache was made: " + e.getMessage(), e);
    }
    say(
        given == null
            ? "The server uses it from its next start on"
            : "Start the server with: %s -XX:AOTCache=%s %s-jar %s"
                .formatted(
                    java(),
                    file,
                    JvmFlags.ofCache(List.of()).stream()
                        .map(flag -> flag + " ")
                        .collect(Collectors.joining()),
                    program.jar()));
  }

  /** Also the file that the JVM writes first, and leaves behind if it is killed. */
  private static void deleteUnfinished(Path file) throws IOException {
    Files.deleteIfExists(file);
    Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".config"));
  }

  /** Two commands must not write one cache at the same time. The lock ends with the channel. */
  private static void lock(FileChannel channel) throws IOException {
    if (channel.tryLock() == null) {
      throw new IOException("another process is making it");
    }
  }

  // The load comes from this process. In the server's process, the client's class loader would load
  // some of the server's classes a second time, and the JVM leaves such classes out of the cache.
  private void rehearse(Path file) throws IOException {
    ListenAddress address = ListenPort.claim(new ListenAddress(ListenAddress.LOOPBACK, 0));
    Path output = program.folder().resolve("rehearsal.log");
    Process server = start(file, address, output);
    try {
      work(server, address);
      if (!Files.exists(file)) {
        throw new IOException(
            "the server ended with exit code " + server.exitValue() + "; its output is above");
      }
    } catch (StepFailed | IOException failure) {
      say(Files.readString(output));
      // A cache of a server that failed is of no use.
      deleteUnfinished(file);
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
      // Also after a failure: an orderly end lets the server stop its database.
      server.destroy();
      if (!server.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        server.destroyForcibly().waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      }
    }
  }

  /** Starts the server in an empty folder, without the settings that this command was given. */
  private Process start(Path file, ListenAddress address, Path output) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.add("-D" + Main.END_WITH_PARENT + "=true");
    command.addAll(arguments("-XX:AOTCacheOutput=" + file));
    command.addAll(List.of("serve", "--dev"));
    // The output goes to a file: the JVM prints thousands of lines about classes it leaves out.
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Files.createDirectory(program.folder().resolve("rehearsal")).toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeAll(Setting.allVariables());
    builder.environment().put(Setting.LISTEN_ADDR.name(), address.toString());
    builder.environment().put(Setting.HTTP_THREADS.name(), Integer.toString(SERVER_THREADS));
    return builder.start();
  }

  /** The java that runs this process. A cache is valid for one Java only. */
  static String java() {
    return ProcessHandle.current().info().command().orElse("java");
  }

  /**
   * The JVM arguments of this process, without settings and AOT flags, and the jar.
   *
   * @param cache the AOT flag that comes first
   */
  private List<String> arguments(String cache) {
    Set<String> settings = Setting.allVariables();
    List<String> arguments = new ArrayList<>();
    arguments.add(cache);
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      String property = argument.startsWith("-D") ? argument.substring(2).split("=", 2)[0] : "";
      boolean ours = settings.contains(property) || property.equals(Main.END_WITH_PARENT);
      if (!ours && !argument.startsWith("-XX:AOT")) {
        arguments.add(argument);
      }
    }
    arguments.addAll(JvmFlags.ofCache(arguments.subList(1, arguments.size())));
    arguments.add(program.launchArgument());
    arguments.add("-jar");
    arguments.add(program.launchJar().toString());
    return arguments;
  }

  private void say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
