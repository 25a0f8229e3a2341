import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** Waits for the AOT cache of the tests, which another process makes. */
class AwaitAotCache {
  private static final File CACHES = new File("target/cache");
  private static final Duration LIMIT = Duration.ofMinutes(5);

  public static void main(String[] arguments) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (file(".aot").isEmpty()) {
      // The process holds the lock until it has made the cache or failed.
      Optional<File> lock = file(".aot.lock");
      if (lock.isPresent() && isFree(lock.get()) && file(".aot").isEmpty()) {
        fail("The AOT cache was not made: see the output of aot-cache above.");
      }
      if (System.nanoTime() > end) {
        fail("There is no AOT cache after " + LIMIT.toMinutes() + " minutes.");
      }
      Thread.sleep(200);
    }
  }

  private static void fail(String message) {
    System.err.println(message);
    System.exit(1);
  }

  private static Optional<File> file(String suffix) {
    return entries(CACHES)
        .flatMap(AwaitAotCache::entries)
        .filter(file -> file.getName().endsWith(suffix))
        .findFirst();
  }

  /** The entries of a folder; none if it is no folder or has just gone. */
  private static Stream<File> entries(File folder) {
    File[] entries = folder.listFiles();
    return entries == null ? Stream.empty() : Arrays.stream(entries);
  }

  private static boolean isFree(File lock) throws IOException {
    // The process makes the file first, and then takes the lock.
    if (System.currentTimeMillis() - lock.lastModified() < 2_000) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(lock.toPath(), StandardOpenOption.WRITE);
        FileLock taken = channel.tryLock()) {
      return taken != null;
    }
  }
}
