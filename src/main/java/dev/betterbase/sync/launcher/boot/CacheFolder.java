package dev.betterbase.sync.launcher.boot;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The folders in which the jar may keep what it unpacks. Folders for temporary files are not among
 * them: cleaners remove files there while the server still needs them.
 */
final class CacheFolder {
  private static final String NAME = "betterbase-sync";
  private static final String CHOSEN = "CACHE_DIRECTORY";
  private static final int ROOT = 0;

  private CacheFolder() {}

  /**
   * The folders that exist or could be made, the preferred one first: that of systemd
   * (CacheDirectory=) or of the user (XDG Base Directory Specification), then one in the data
   * folder, which may be the only one that a container can write to.
   *
   * @param environment the environment of the process
   * @param home the user's home folder; {@code ?} for a user without one
   * @param current the current folder
   */
  static List<Path> candidates(Map<String, String> environment, String home, Path current) {
    List<Path> folders = new ArrayList<>();
    String given = environment.getOrDefault(CHOSEN, "").split(":", 2)[0];
    if (!given.isEmpty()) {
      folders.add(current.resolve(given));
    }
    String user = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (!user.isEmpty()) {
      folders.add(current.resolve(user).resolve(NAME));
    } else if (Path.of(home).isAbsolute()) {
      folders.add(Path.of(home, ".cache", NAME));
    }
    folders.add(current.resolve("data").resolve("cache"));
    return folders;
  }

  /**
   * Folders that can be used.
   *
   * @param folders the preferred one first
   * @param chosen whether CACHE_DIRECTORY names the first one
   */
  record Usable(List<Path> folders, boolean chosen) {
    Usable {
      folders = List.copyOf(folders);
    }
  }

  /**
   * The candidates that exist and in which nobody else can change anything. A candidate is made if
   * its parent allows it, but the data folder is not: only the server itself makes that.
   */
  static Usable usable() {
    Path current = Path.of("").toAbsolutePath();
    List<Path> candidates =
        candidates(System.getenv(), System.getProperty("user.home", "?"), current);
    List<Path> folders = new ArrayList<>();
    for (Path folder : candidates) {
      try {
        make(folder);
        if (isSafe(folder)) {
          folders.add(folder);
        }
      } catch (IOException e) {
        // For example a home folder that is read-only: the next candidate has its turn.
      }
    }
    boolean chosen = !System.getenv().getOrDefault(CHOSEN, "").isEmpty();
    return new Usable(
        folders, chosen && !folders.isEmpty() && folders.getFirst().equals(candidates.getFirst()));
  }

  private static void make(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    if (folder.endsWith(Path.of("data", "cache"))) {
      Files.createDirectory(folder, onlyForItsOwner());
    } else {
      Files.createDirectories(folder, onlyForItsOwner());
    }
  }

  /** The attribute of a new folder that only its owner may open. */
  static FileAttribute<Set<PosixFilePermission>> onlyForItsOwner() {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * Whether the folder belongs to this user or to root, and nobody else may write to it. Otherwise
   * somebody else could have this server run code of theirs.
   */
  static boolean isSafe(Path folder) throws IOException {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("unix")) {
      return true;
    }
    int owner = (int) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    Set<PosixFilePermission> permissions =
        Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
    return (owner == ROOT || owner == new UnixSystem().getUid())
        && !permissions.contains(PosixFilePermission.GROUP_WRITE)
        && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
  }
}
