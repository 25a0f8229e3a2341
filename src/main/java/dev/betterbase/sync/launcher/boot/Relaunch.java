package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Starts the same command again from its {@link Installation}, with flags for the JVM. A jar cannot
 * carry flags, and the classes of jars inside a jar cannot be in an AOT cache. The new program
 * replaces this one in its process ({@link Execv}).
 */
final class Relaunch {
  private static final Path SELF = Path.of("/proc/self");
  private static final String JAR = "-jar";

  /** The commands that start a server. The others are over before it would be of use. */
  private static final Set<String> COMMANDS = Set.of("serve", "--dev");

  private Relaunch() {}

  /**
   * Whether this system can replace the program, and the command is one that starts a server.
   *
   * @param arguments the command line after the jar
   */
  static boolean isWanted(String[] arguments) {
    return Execv.isAvailable() && !Main.isRelaunched() && startsServer(arguments);
  }

  /** Whether the command is one that starts a server. */
  static boolean startsServer(String[] arguments) {
    return arguments.length == 0 || COMMANDS.contains(arguments[0]);
  }

  /**
   * Does not return, unless the system refuses or the JVM was not started with {@code -jar}. Then
   * this process goes on as it is.
   *
   * @param arguments the command line after the jar
   */
  static void from(Installation installation, String[] arguments) {
    Path cache = installation.aotCache();
    try {
      List<byte[]> words = split(Files.readAllBytes(SELF.resolve("cmdline")));
      List<String> texts =
          words.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList();
      int jar = texts.indexOf(JAR);
      boolean known = jar >= 0 && jar + 1 < words.size();
      if (!known || !JvmFlags.allowNewProgram(texts.subList(1, jar), System.getenv())) {
        return;
      }
      JvmFlags flags =
          new JvmFlags(
              Runtime.version().feature(),
              Runtime.getRuntime().availableProcessors(),
              Runtime.getRuntime().maxMemory(),
              // Musl cannot be asked to give memory back.
              !CLibrary.isMusl(),
              JvmFlags.hasCompactArchive(),
              List.of(arguments).contains("--dev"),
              isUsable(cache) ? cache : null);
      List<byte[]> command = new ArrayList<>(words.subList(0, jar));
      flags
          .toAdd(texts.subList(1, jar), System.getenv())
          .forEach(flag -> command.add(encoded(flag)));
      command.add(concatenated(encoded("-D" + Main.UBER_JAR + "="), words.get(jar + 1)));
      command.add(encoded(JAR));
      command.add(encoded(installation.launchJar().toString()));
      command.addAll(words.subList(jar + 2, words.size()));
      if (flags.choosesMemory(texts.subList(1, jar), System.getenv())) {
        // Each thread that asks the C library for memory may get an arena of its own, which keeps
        // what is freed in it.
        Execv.setUnlessSet("MALLOC_ARENA_MAX", "2");
      }
      Path program = Files.readSymbolicLink(SELF.resolve("exe"));
      Execv.replaceProgram(encoded(program.toString()), command);
    } catch (IOException | RuntimeException e) {
      System.err.println("betterbase-sync keeps the flags of its JVM: " + e.getMessage());
    }
  }

  /**
   * The JVM runs code from the cache, so a cache that another user may have written is not used.
   */
  private static boolean isUsable(Path cache) throws IOException {
    if (!Files.isReadable(cache)) {
      return false;
    }
    Optional<String> danger = SafePath.danger(cache);
    danger.ifPresent(
        reason ->
            System.err.println(
                "betterbase-sync: warning: the AOT cache "
                    + cache
                    + " is not used, because "
                    + reason
                    + ": set CACHE_DIRECTORY to a folder to which only this user can write"));
    return danger.isEmpty();
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

  private static byte[] concatenated(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] encoded(String word) {
    return word.getBytes(Charset.forName(System.getProperty("sun.jnu.encoding")));
  }
}
