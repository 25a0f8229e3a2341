package dev.betterbase.sync.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Finds names of files, and other texts, that this JVM has misread. The JVM decodes the working
 * folder, the command line and the environment with the character set of the locale, and replaces
 * what that set lacks. Under {@code LC_ALL=C}, the folder {@code données} becomes {@code donn??es},
 * which is another folder.
 */
public final class FileNames {
  private static final String CHARSET_NAME = System.getProperty("sun.jnu.encoding", "UTF-8");
  private static final Charset CHARSET = Charset.forName(CHARSET_NAME);

  /** The working folder of this process; exists on Linux only. */
  private static final Path WORKING_FOLDER = Path.of("/proc/self/cwd");

  /** Completes an error message about a misread text: what is wrong and what to do. */
  public static final String MISREAD =
      "has characters outside the locale's character set ("
          + CHARSET_NAME
          + "): start the server with LC_ALL=C.UTF-8";

  private FileNames() {}

  /** Whether an argument or a variable was misread. */
  public static boolean isTextMisread(String text) {
    return text.indexOf('\uFFFD') >= 0;
  }

  /**
   * Whether a path was misread, or counts from a working folder that was misread.
   *
   * @param path the path as text, because Java cannot make a path from every misread text
   */
  public static boolean isMisread(String path) {
    boolean questionMarkReplaces = CHARSET.equals(StandardCharsets.US_ASCII);
    if (isTextMisread(path) || (questionMarkReplaces && path.indexOf('?') >= 0)) {
      return true;
    }
    if (Path.of(path).isAbsolute() || !Files.exists(WORKING_FOLDER)) {
      return false;
    }
    try {
      return !isText(WORKING_FOLDER.toRealPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether the text of a path leads to the same file. The bytes of a path that the system has
   * returned are right, but its text may not be.
   */
  public static boolean isText(Path path) {
    try {
      return path.equals(Path.of(path.toString()));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
