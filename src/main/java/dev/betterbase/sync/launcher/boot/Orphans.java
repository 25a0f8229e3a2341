package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reaps processes that ended and whose parent ended before them. In a container, the server is
 * process 1 and inherits such processes, for example those of a PostgreSQL that was killed. Nobody
 * else removes them from the process table (docs/decisions/0012-process-one.md).
 */
final class Orphans {
  private static final long FIRST = 1;
  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final String ENDED = "Z";

  private Orphans() {}

  /** Begins to reap, if this is process 1 and Java can do it. */
  static void adopt() {
    if (ProcessHandle.current().pid() == FIRST && Waitpid.isAvailable()) {
      Thread.ofPlatform().daemon().name("orphans").start(Orphans::run);
    }
  }

  /**
   * Java itself takes the status of a process that it started as soon as that ends. So a process
   * that has ended and is still there a round later belongs to nobody.
   */
  private static void run() {
    Set<ProcessHandle> before = Set.of();
    try {
      while (true) {
        Thread.sleep(PAUSE);
        Set<ProcessHandle> ended =
            ProcessHandle.current()
                .children()
                .filter(Orphans::hasEnded)
                .collect(Collectors.toSet());
        ended.stream().filter(before::contains).forEach(orphan -> Waitpid.reap(orphan.pid()));
        before = ended;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The state stands behind the name of the program, which may itself contain parentheses. */
  private static boolean hasEnded(ProcessHandle process) {
    try {
      String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return status.startsWith(ENDED, status.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false; // it has gone
    }
  }
}
