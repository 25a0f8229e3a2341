package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Starts the same command again with flags for the JVM, since a jar cannot carry any. The new
 * program replaces this one in its process ({@link Execv}).
 */
final class Relaunch {
  private static final Path SELF = Path.of("/proc/self");

  private Relaunch() {}

  /**
   * Does not return if there are flags to add and this system can replace the program. If it
   * cannot, or fails to, the server goes on with the flags that it has.
   *
   * @param jar the jar that runs
   */
  static void withChosenFlags(Path jar) {
    if (!Execv.isAvailable()) {
      return;
    }
    Path cache = JvmFlags.cacheOf(jar);
    try {
      var flags =
          new JvmFlags(
              Runtime.version().feature(),
              Runtime.getRuntime().availableProcessors(),
              JvmFlags.isMadeFor(jar, cache) ? cache : null);
      List<byte[]> words = split(Files.readAllBytes(SELF.resolve("cmdline")));
      List<String> given =
          words.stream()
              .skip(1)
              .map(word -> new String(word, StandardCharsets.ISO_8859_1))
              .toList();
      List<String> added = flags.toAdd(given, System.getenv());
      if (!added.isEmpty()) {
        words.addAll(1, added.stream().map(Relaunch::encoded).toList());
        Path program = Files.readSymbolicLink(SELF.resolve("exe"));
        Execv.replaceProgram(encoded(program.toString()), words);
      }
    } catch (IOException | RuntimeException e) {
      System.err.println("betterbase-sync keeps the flags of its JVM: " + e.getMessage());
    }
  }

  /** As bytes, so that arguments pass unchanged even if they are not text in our encoding. */
  private static List<byte[]> split(byte[] commandLine) {
    List<byte[]> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < commandLine.length; i++) {
      if (commandLine[i] == 0) {
        words.add(Arrays.copyOfRange(commandLine, start, i));
        start = i + 1;
      }
    }
    return words;
  }

  private static byte[] encoded(String word) {
    return word.getBytes(Charset.forName(System.getProperty("sun.jnu.encoding")));
  }
}
