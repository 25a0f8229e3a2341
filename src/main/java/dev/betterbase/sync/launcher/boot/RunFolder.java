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
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A temporary folder for the files of one run. It is deleted at exit. If a run is killed, the next
 * run deletes its folder.
 */
final class RunFolder {
  private static final String PREFIX = "betterbase-sync-";
  private static final String LOCK = "lock";

  private RunFolder() {}

  /** Makes the folder, which only its owner may read, and adds the step that deletes it at exit. */
  static Path create() throws IOException {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    Path folder = Files.createTempDirectory(parent, PREFIX);
    removeLeftOver(parent, Files.getOwner(folder));
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    AtExit.add(
        () -> {
          lock.release();
          channel.close();
          delete(folder);
        });
    return folder;
  }

  private static void removeLeftOver(Path parent, UserPrincipal owner) throws IOException {
    List<Path> folders;
    try (Stream<Path> entries = Files.list(parent)) {
      folders = entries.filter(path -> path.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path folder : folders) {
      // Keep folders of other users, links, and folders that have no lock file yet because they
      // are just being made.
      boolean ours =
          Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
              && owner.equals(Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS))
              && Files.isRegularFile(folder.resolve(LOCK), LinkOption.NOFOLLOW_LINKS);
      if (!ours) {
        continue;
      }
      try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE);
          FileLock lock = channel.tryLock()) {
        if (lock != null) {
          delete(folder);
        }
      } catch (NoSuchFileException e) {
        // Another start has just deleted the folder.
      }
    }
  }

  private static void delete(Path folder) throws IOException {
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
