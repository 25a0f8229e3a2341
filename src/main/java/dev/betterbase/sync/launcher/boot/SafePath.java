package dev.betterbase.sync.launcher.boot;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds out whether another user could have put a file in its place. This process must not run such
 * a file.
 */
final class SafePath {
  private static final int ROOT = 0;
  private static final int WRITABLE_BY_OTHERS = 022;

  /** In a folder with this bit, such as /tmp, one can only rename and delete what one owns. */
  private static final int STICKY = 01000;

  private SafePath() {}

  /**
   * The reason why a file may be another user's: it or a folder above it belongs neither to this
   * user nor to root, or others may write to it.
   *
   * @return words that follow "because"; empty if the file is safe
   * @throws IOException if the file does not exist, or a folder above it cannot be examined
   */
  static Optional<String> danger(Path file) throws IOException {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("unix")) {
      return Optional.empty();
    }
    long user = new UnixSystem().getUid();
    for (Path part = file.toRealPath(); part != null; part = part.getParent()) {
      int owner = (int) Files.getAttribute(part, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      int mode = (int) Files.getAttribute(part, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      if (owner != ROOT && owner != user) {
        return Optional.of(part + " belongs to another user");
      }
      boolean sticky = Files.isDirectory(part) && (mode & STICKY) != 0;
      if ((mode & WRITABLE_BY_OTHERS) != 0 && !sticky) {
        return Optional.of("other users may write to " + part);
      }
    }
    return Optional.empty();
  }
}
