package dev.betterbase.sync.storage;

import dev.betterbase.sync.settings.Settings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Keeps a part of each disk free ({@code DISK_FREE_FLOOR_BYTES}). This node then writes no more
 * files and no more chunks for slow readers, long before a PostgreSQL on the same disk has no room.
 */
@ApplicationScoped
public class DiskFloor {
  private static final Logger LOG = System.getLogger(DiskFloor.class.getName());

  /** By default a twentieth of the disk stays free, but no more than 1 GiB. */
  private static final int PART_OF_DISK = 20;

  private static final long MOST_BY_DEFAULT = 1L << 30;

  @Inject private Settings settings;
  @Inject private MeterRegistry registry;

  /** The uses of the disk. */
  public enum Use {
    UPLOAD,
    SPOOL
  }

  void register(@Observes @Initialized(ApplicationScoped.class) Object started) {
    for (Use use : Use.values()) {
      Counter unused = refusals(use);
    }
  }

  private Counter refusals(Use use) {
    return Counter.builder("betterbase.disk.refusals")
        .description("Files not taken and chunks not kept because the disk is nearly full")
        .tag("what", use.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  /**
   * Whether bytes may be written; counts a refusal.
   *
   * @param use the use of the bytes, for the metric
   * @param folder the folder to be written to
   * @param bytes the number of bytes, including those that others have been promised and not
   *     written yet
   */
  public boolean hasRoom(Use use, Path folder, long bytes) {
    boolean room = hasRoom(folder, bytes, settings.diskFreeFloorBytes());
    if (!room) {
      refusals(use).increment();
    }
    return room;
  }

  static boolean hasRoom(Path folder, long bytes, OptionalLong floor) {
    try {
      FileStore disk = Files.getFileStore(folder);
      long kept = floor.orElse(Math.min(disk.getTotalSpace() / PART_OF_DISK, MOST_BY_DEFAULT));
      return disk.getUsableSpace() - bytes >= kept;
    } catch (IOException e) {
      // Writing will tell whether the disk works.
      LOG.log(Level.WARNING, "The free space cannot be read: {0}", e.getMessage());
      return true;
    }
  }
}
