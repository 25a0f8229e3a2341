package dev.betterbase.sync.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * Forces what was written to the disk. A file system may keep the name of a file through a loss of
 * power and lose its bytes, if nobody has asked for them to be written.
 */
public final class DiskSync {
  private DiskSync() {}

  /** Returns when a folder, and all files and folders in it, are on the disk. */
  public static void forceAll(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Iterator<Path> each = all.iterator(); each.hasNext(); ) {
        Path path = each.next();
        if (!Files.isSymbolicLink(path)) {
          force(path);
        }
      }
    }
  }

  /** Returns when the bytes of a file, or the names in a folder, are on the disk. */
  public static void force(Path path) throws IOException {
    // A folder can only be opened to be read, and that is enough to force a file as well.
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
