package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.settings.FileNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder {@code ./data}, which holds the embedded PostgreSQL and other files that must last.
 * Only one process at a time may use it.
 *
 * <p>If the user of this process owns the folder, nobody else may enter it (mode 0700). It may also
 * belong to somebody else who lets the user write to it, as Kubernetes does with {@code fsGroup}.
 * Everybody else who may write to it is then trusted with the data.
 *
 * @param path absolute, without symbolic links
 */
public record DataFolder(Path path) {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private static final String LOCK = "server.lock";

  /** With less, a failure of PostgreSQL is probably one of the disk. */
  private static final long LEAST_FREE = 64 << 20;

  private static final Set<PosixFilePermission> SECRET =
      PosixFilePermissions.fromString("rw-------");

  /**
   * Opens the folder, or makes it, and locks it until the process ends. The operating system holds
   * the lock, so it is gone even after a crash.
   *
   * @throws StartRefused if another process uses the folder, it is not writable, or its path cannot
   *     be read in this locale
   */
  public static DataFolder open(Path folder) {
    Path shown = folder.toAbsolutePath().normalize();
    if (FileNames.isMisread(folder.toString())) {
      throw misread(shown);
    }
    refuseCharactersOfShell(shown);
    try {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      DataFolder data = new DataFolder(folder.toRealPath());
      // PostgreSQL gets the path as text.
      if (!FileNames.isText(data.path())) {
        throw misread(data.path());
      }
      refuseCharactersOfShell(data.path());
      if (data.isOwnedByUser(data.path())) {
        setMode(data.path(), OWNER_ONLY);
      }
      data.lock();
      return data;
    } catch (AccessDeniedException e) {
      throw new StartRefused(
          "cannot use the data folder "
              + shown
              + ": no permission for "
              + e.getFile()
              + ": run \"chown -R\" for the user of this process, or give a group of it write"
              + " permission on the folder",
          e);
    } catch (IOException e) {
      throw new StartRefused("cannot use the data folder " + shown + ": " + e, e);
    }
  }

  /**
   * Whether another process has {@link #open opened} the folder and uses it.
   *
   * @throws StartRefused if that cannot be found out
   */
  static boolean isInUse(Path folder) {
    Path file = folder.resolve(LOCK);
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (IOException e) {
      throw new StartRefused("cannot use the data folder " + folder.toAbsolutePath() + ": " + e, e);
    }
  }

  private static StartRefused misread(Path folder) {
    return new StartRefused("the path of the data folder, " + folder + ", " + FileNames.MISREAD);
  }

  /** The programs of PostgreSQL start one another by a shell, with paths in double quotes. */
  private static void refuseCharactersOfShell(Path folder) {
    if (folder.toString().chars().anyMatch(each -> "\"$`\n".indexOf(each) >= 0)) {
      throw new StartRefused(
          "the path of the data folder, "
              + folder
              + ", has a character that a shell does not take as it stands: start the server in a"
              + " folder without \", $, ` and line ends in its path, or set DATABASE_URL");
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
    Files.createFile(temporary, PosixFilePermissions.asFileAttribute(SECRET));
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(temporary, resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Reads a file that {@link #writeSecret} wrote, and takes away permissions that others got since,
   * for example by {@code chmod -R g+rwX}.
   */
  public String readSecret(String name) throws IOException {
    Path file = resolve(name);
    if (isOwnedByUser(file)) {
      setMode(file, SECRET);
    }
    return Files.readString(file);
  }

  /** Takes the permissions on a folder in this folder away from all but its owner, the user. */
  void closeFolder(String name) throws IOException {
    setMode(resolve(name), OWNER_ONLY);
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

  /** Advice if the disk is nearly full, to be added to another reason; otherwise empty. */
  String shortage() {
    try {
      long free = Files.getFileStore(path).getUsableSpace();
      return free < LEAST_FREE
          ? ": only " + (free >> 20) + " MiB are free in " + path + ": make room there"
          : "";
    } catch (IOException e) {
      return "";
    }
  }

  /** Whether the user of this process owns a file. */
  boolean isOwnedByUser(Path file) throws IOException {
    return Files.getOwner(file).equals(currentUser());
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

  private static void setMode(Path file, Set<PosixFilePermission> mode) throws IOException {
    if (!Files.getPosixFilePermissions(file).equals(mode)) {
      Files.setPosixFilePermissions(file, mode);
    }
  }

  private void lock() throws IOException {
    Path file = resolve(LOCK);
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
