package dev.betterbase.sync.launcher.command;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether there is enough memory and disk space to make an AOT cache beside a running server. */
final class FreeResources {
  /** Bytes of memory for a second server, its PostgreSQL, and the JVM that writes the cache. */
  private static final long MEMORY = 3L << 29;

  /** Bytes on disk for the cache, what it is made from, and the data of the PostgreSQL. */
  private static final long DISK = 1L << 30;

  private static final Pattern FIELD = Pattern.compile("(?m)^(MemTotal|MemAvailable): +(\\d+) kB$");

  private FreeResources() {}

  /**
   * The resource that is too scarce; empty if there is enough of each.
   *
   * @param file the file to write
   */
  static Optional<String> lack(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isWritable(folder)) {
      return Optional.of("cannot write to the folder " + folder);
    }
    if (Files.getFileStore(folder).getUsableSpace() < DISK) {
      return Optional.of("less than 1 GiB is free on the disk of " + folder);
    }
    return freeMemory() < MEMORY
        ? Optional.of("less than 1.5 GiB of memory is free")
        : Optional.empty();
  }

  /** The memory that the limit of a container leaves, or else that the system can give. */
  private static long freeMemory() throws IOException {
    long total = Long.MAX_VALUE;
    long available = 0;
    Matcher fields = FIELD.matcher(Files.readString(Path.of("/proc/meminfo")));
    while (fields.find()) {
      long bytes = Long.parseLong(fields.group(2)) * 1024;
      if (fields.group(1).equals("MemTotal")) {
        total = bytes;
      } else {
        available = bytes;
      }
    }
    var limited = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return limited.getTotalMemorySize() < total
        ? Math.min(available, limited.getFreeMemorySize())
        : available;
  }
}
