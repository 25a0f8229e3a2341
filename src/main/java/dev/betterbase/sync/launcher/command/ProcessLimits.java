package dev.betterbase.sync.launcher.command;

import com.sun.management.OperatingSystemMXBean;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.Settings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses to start a server in too little memory or with too few threads. It would start, and then
 * fail under load, or be killed by the system without a word.
 */
final class ProcessLimits {
  /** In less than this, the server and PostgreSQL were killed or did not get anywhere. */
  private static final long LEAST_MEMORY = 400L << 20;

  /** With a smaller heap, the server does not start. */
  private static final long LEAST_HEAP = 80L << 20;

  /** The threads of an idle server and the processes of PostgreSQL are 90; streams add some. */
  private static final int OTHER_TASKS = 180;

  private static final Path ROOT = Path.of("/");
  private static final Pattern MOST_TASKS = Pattern.compile("(?m)^Max processes +([0-9]+) ");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private ProcessLimits() {}

  /**
   * Checks what the system lets this process have.
   *
   * @throws StartRefused if it is too little
   */
  static void check(Settings settings) {
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    if (memory < LEAST_MEMORY) {
      throw new StartRefused(
          "this process may use only "
              + mebibytes(memory)
              + " of memory, and needs "
              + mebibytes(LEAST_MEMORY)
              + ": raise the limit of the container (MemoryMax= in a unit of systemd)");
    }
    long heap = Runtime.getRuntime().maxMemory();
    if (heap < LEAST_HEAP) {
      throw new StartRefused(
          "the heap may have only "
              + mebibytes(heap)
              + ", and needs "
              + mebibytes(LEAST_HEAP)
              + ": set a larger -Xmx, or raise the limit of memory");
    }
    OptionalLong tasks = mostTasks(ROOT, "root".equals(System.getProperty("user.name")));
    int needed = settings.httpThreads() + settings.database().poolSize() + OTHER_TASKS;
    if (tasks.isPresent() && tasks.getAsLong() < needed) {
      throw new StartRefused(
          "this process may have only "
              + tasks.getAsLong()
              + " threads and processes, and HTTP_THREADS="
              + settings.httpThreads()
              + " needs "
              + needed
              + ": raise the limit, with \"ulimit -u\", TasksMax= in a unit of systemd, or \"docker"
              + " run --pids-limit\", or set a smaller HTTP_THREADS");
    }
  }

  /**
   * The most threads and processes that this process may have, as far as the system tells.
   *
   * @param root the root of the file system
   * @param privileged whether the limit of a user does not hold for this user
   */
  static OptionalLong mostTasks(Path root, boolean privileged) {
    List<Long> limits = new ArrayList<>();
    if (!privileged) {
      Matcher ofUser = MOST_TASKS.matcher(read(root.resolve("proc/self/limits")));
      if (ofUser.find()) {
        limits.add(Long.parseLong(ofUser.group(1)));
      }
    }
    // Version 2 has lines like 0::/path, version 1 has lines like 8:pids:/path.
    for (String line : read(root.resolve("proc/self/cgroup")).lines().toList()) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && (parts[1].isEmpty() || parts[1].equals("pids"))) {
        Path groups = root.resolve("sys/fs/cgroup").resolve(parts[1]);
        Path group = groups.resolve(parts[2].substring(1)).normalize();
        for (Path each = group; each != null && each.startsWith(groups); each = each.getParent()) {
          String most = read(each.resolve("pids.max")).strip();
          if (NUMBER.matcher(most).matches()) {
            limits.add(Long.parseLong(most));
          }
        }
      }
    }
    return limits.stream().mapToLong(Long::longValue).min();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  private static String mebibytes(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
