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
import java.util.Set;

/**
 * The folder {@code ./data}: what must last and is not in a database that somebody else runs. Its
 * owner alone may enter it (0700), and one server at a time may use it.
 *
 * @param path absolute, without symbolic links
 */
public record DataFolder(Path path) {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<?> SECRET_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /**
   * Opens the folder, makes it where it is not there, and keeps it locked until the process ends.
   * The lock is the system's: whatever way a process ends, it leaves none behind.
   *
   * @throws StartRefused where another process has it, or it cannot be written
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
          "the data folder " + folder.toAbsolutePath().normalize() + " cannot be used: " + e, e);
    }
  }

  /** A path below the folder. */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  /** Writes a file that only its owner may read, whole or not at all. */
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

  /** Who owns what this process makes here. */
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
