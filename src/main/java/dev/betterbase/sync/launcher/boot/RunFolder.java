package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder for the files of one run: the server's configuration and temporary files. It is deleted
 * at exit. If a run is killed, the next run deletes its folder.
 */
final class RunFolder {
  /**
   * The beginning of the names of such folders, and of those that are still being made. They may
   * stand in the machine's folder for temporary files, beside those of other programs.
   */
  static final String PREFIX = "betterbase-sync-run-";

  private static final String LOCK = "lock";

  /** The room on disk that a run needs for its files. */
  private static final long ROOM = 16 << 20;

  /** A folder without a lock is still being made, unless it is older than this. */
  private static final Duration MAKING = Duration.ofDays(7);

  private RunFolder() {}

  /**
   * Makes the folder, which only its owner may read, and adds the step that deletes it at exit.
   *
   * @param parents the folders it may be in, the preferred one first
   * @throws IOException if none of them allows it
   */
  static Path create(List<Path> parents) throws IOException {
    List<String> failures = new ArrayList<>();
    for (Path parent : parents) {
      try {
        if (Files.getFileStore(parent).getUsableSpace() >= ROOM) {
          return create(parent);
        }
        failures.add(parent + " is full");
      } catch (IOException e) {
        failures.add(e.toString());
      }
    }
    throw new IOException(String.join(", ", failures));
  }

  private static Path create(Path parent) throws IOException {
    Path folder = Files.createTempDirectory(parent, PREFIX);
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    removeLeftOver(parent, folder);
    AtExit.add(
        () -> {
          lock.release();
          channel.close();
          delete(folder);
        });
    return folder;
  }

  private static void removeLeftOver(Path parent, Path own) throws IOException {
    UserPrincipal owner = Files.getOwner(own);
    List<Path> folders;
    try (Stream<Path> entries = Files.list(parent)) {
      folders = entries.filter(path -> path.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path folder : folders) {
      // Keep folders of other users, and links.
      boolean ours =
          !folder.equals(own)
              && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
              && owner.equals(Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS));
      if (ours) {
        removeUnlessInUse(folder);
      }
    }
  }

  private static void removeUnlessInUse(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        delete(folder);
      }
    } catch (NoSuchFileException e) {
      // It is just being made or deleted by another start, unless that was killed.
      if (Files.exists(folder)
          && Files.getLastModifiedTime(folder).toInstant().plus(MAKING).isBefore(Instant.now())) {
        delete(folder);
      }
    }
  }

  static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            // The file has gone in the meantime. If it has not, deleting its folder fails below.
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) {
            try {
              Files.deleteIfExists(visited);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
