package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder {@code ./data}, which holds the embedded PostgreSQL and other files that must last.
 * Only its owner may enter it (mode 0700), and only one process at a time may use it.
 *
 * @param path absolute, without symbolic links
 */
public record DataFolder(Path path) {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<?> SECRET_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /**
   * Opens the folder, or makes it, and locks it until the process ends. The operating system holds
   * the lock, so it is gone even after a crash.
   *
   * @throws StartRefused if another process uses the folder, or it is not writable
   */
  public static DataFolder open(Path folder) {
    try {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      DataFolder data = new DataFolder(folder.toRealPath());
      if (!Files.getPosixFilePermissions(data.path()).equals(OWNER_ONLY)) {
        Files.setPosixFilePermissions(data.path(), OWNER_ONLY);
      }
      data.lock();
      return data;
    } catch (IOException e) {
      throw new StartRefused(
          "cannot use the data folder " + folder.toAbsolutePath().normalize() + ": " + e, e);
    }
  }

  /** The path of a file or folder in this folder. */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  /** Writes a file that only its owner may read. After a crash it is complete or absent. */
  public void writeSecret(String name, String content) throws IOException {
    Path temporary = resolve(name + ".new");
    Files.deleteIfExists(temporary);
    Files.createFile(temporary, SECRET_FILE);
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(temporary, resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Deletes a folder in this folder with all its content; does nothing if it does not exist. */
  void deleteFolder(String name) throws IOException {
    Path folder = resolve(name);
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The owner of files that this process makes in this folder. */
  UserPrincipal currentUser() throws IOException {
    Path probe = Files.createTempFile(path, "owner", "");
    try {
      return Files.getOwner(probe);
    } finally {
      Files.delete(probe);
    }
  }

  private void lock() throws IOException {
    Path file = resolve("server.lock");
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      String holder = Files.readString(file);
      channel.close();
      throw new StartRefused(
          "another betterbase-sync" + holder + " uses the data folder " + path + ": stop it first");
    }
    channel.truncate(0);
    String holder = " (process " + ProcessHandle.current().pid() + ")";
    channel.write(StandardCharsets.UTF_8.encode(holder));
    AtExit.add(
        () -> {
          lock.release();
          channel.close();
        });
  }
}
