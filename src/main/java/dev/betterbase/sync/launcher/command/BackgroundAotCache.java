package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.boot.Main;
import dev.betterbase.sync.launcher.boot.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Makes a missing AOT cache while the server runs, so that its next start is faster. It waits until
 * the machine has little to do, then runs the command {@code aot-cache} in a process of the lowest
 * priority. That process ends with this one.
 */
final class BackgroundAotCache {
  private static final Logger LOG = Logger.getLogger(BackgroundAotCache.class.getName());

  /** With the lowest priority, a busy server may hold it up for long. */
  private static final Duration LIMIT = Duration.ofMinutes(30);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  /**
   * The heap of the command, of the server that it starts, and of the JVM that writes the cache.
   */
  private static final String HEAP = "-Xmx256m";

  /** The text that the command prints before its reason. */
  private static final String FAILED = "betterbase-sync: no AOT cache was made: ";

  private final Program program;
  private final Duration quiet;

  /** Set when this server ends, which ends the process that makes the cache. */
  private volatile boolean stopping;

  /**
   * @param quiet the time for which the machine must have had little to do
   */
  private BackgroundAotCache(Program program, Duration quiet) {
    this.program = program;
    this.quiet = quiet;
  }

  /**
   * Begins to wait for a quiet time, unless there is a cache already.
   *
   * @param quiet the time for which the machine must have had little to do; zero to do nothing
   */
  static void makeIfMissing(Program program, Duration quiet) {
    if (quiet.isZero() || Files.exists(program.aotCache())) {
      return;
    }
    Thread thread = new Thread(new BackgroundAotCache(program, quiet)::run, "aot-cache");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      Optional<String> obstacle = program.aotCacheObstacle();
      if (obstacle.isEmpty()) {
        new QuietTime(quiet).await();
        obstacle = FreeResources.lack(program.aotCache());
      }
      if (obstacle.isPresent()) {
        LOG.log(Level.INFO, "No AOT cache is made: {0}", obstacle.get());
      } else if (!Files.exists(program.aotCache())) {
        make();
      }
    } catch (IOException e) {
      if (!stopping) {
        LOG.log(Level.INFO, "No AOT cache is made: {0}", e.getMessage());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void make() throws IOException, InterruptedException {
    LOG.info("Making an AOT cache in the background, so that the next start is faster");
    long before = System.nanoTime();
    Path output = program.folder().resolve("aot-cache.log");
    Process process =
        new ProcessBuilder(
                "nice",
                "-n",
                "19",
                AotCacheCommand.java(),
                HEAP,
                "-XX:+UseSerialGC",
                "-D" + Main.END_WITH_PARENT + "=true",
                program.launchArgument(),
                "-jar",
                program.launchJar().toString(),
                "aot-cache")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    AtExit.add(
        () -> {
          stopping = true;
          end(process);
        });
    if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      end(process);
      throw new IOException("it took longer than " + LIMIT.toMinutes() + " minutes");
    }
    if (process.exitValue() != 0) {
      throw new IOException(lastLine(output));
    }
    LOG.info(
        "Made the AOT cache %s in %d s: the next start uses it"
            .formatted(
                program.aotCache(), TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before)));
  }

  private static void end(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
    }
  }

  /** The reason is the last line of what the command prints. */
  private static String lastLine(Path output) throws IOException {
    List<String> lines = Files.readAllLines(output);
    return lines.isEmpty() ? "the process printed no reason" : lines.getLast().replace(FAILED, "");
  }
}
