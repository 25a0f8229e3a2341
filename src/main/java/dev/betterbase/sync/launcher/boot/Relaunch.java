package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.lang.reflect.Array;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Begins the same process again with flags of the JVM, which a jar cannot have: the program is
 * replaced (execv of POSIX), so that there is one process, with the same id, parent and terminal.
 */
final class Relaunch {
  /** The first with the foreign function interface of JEP 454. */
  private static final int FIRST_JAVA = 22;

  private static final Path SELF = Path.of("/proc/self");
  private static final String FOREIGN = "java.lang.foreign.";

  private Relaunch() {}

  /**
   * Does not return where there are flags to add and this system can.
   *
   * @param jar the jar that runs
   */
  static void withChosenFlags(Path jar) {
    int version = Runtime.version().feature();
    if (version < FIRST_JAVA || !"Linux".equals(System.getProperty("os.name"))) {
      return;
    }
    Path cache = JvmFlags.cacheOf(jar);
    try {
      var flags =
          new JvmFlags(
              version,
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
        int unused = execv(Files.readSymbolicLink(SELF.resolve("exe")), words);
        throw new IOException("execv failed");
      }
    } catch (Throwable e) {
      System.err.println("betterbase-sync goes on with the JVM's own flags: " + e);
    }
  }

  /** As bytes: what is no text in the encoding of this process goes on as it came. */
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

  /**
   * Returns only where it failed. By reflection, since the interface is not in Java 21, for which
   * the jar is built. Pointers go as numbers, which on 64-bit Linux are passed alike.
   */
  private static int execv(Path program, List<byte[]> words) throws Throwable {
    Class<?> layout = Class.forName(FOREIGN + "MemoryLayout");
    Class<?> values = Class.forName(FOREIGN + "ValueLayout");
    Class<?> linkers = Class.forName(FOREIGN + "Linker");
    Class<?> options = Class.forName(FOREIGN + "Linker$Option");
    Class<?> descriptor = Class.forName(FOREIGN + "FunctionDescriptor");
    Class<?> segment = Class.forName(FOREIGN + "MemorySegment");
    Object number = values.getField("JAVA_LONG").get(null);
    Object parameters = Array.newInstance(layout, 2);
    Array.set(parameters, 0, number);
    Array.set(parameters, 1, number);
    Object signature =
        descriptor
            .getMethod("of", layout, parameters.getClass())
            .invoke(null, values.getField("JAVA_INT").get(null), parameters);
    Object linker = linkers.getMethod("nativeLinker").invoke(null);
    Object symbols = linkers.getMethod("defaultLookup").invoke(linker);
    Object function =
        ((Optional<?>)
                Class.forName(FOREIGN + "SymbolLookup")
                    .getMethod("find", String.class)
                    .invoke(symbols, "execv"))
            .orElseThrow();
    Object none = Array.newInstance(options, 0);
    var execv =
        (MethodHandle)
            linkers
                .getMethod("downcallHandle", segment, descriptor, none.getClass())
                .invoke(linker, function, signature, none);
    ByteBuffer path = terminated(encoded(program.toString()));
    List<ByteBuffer> strings = words.stream().map(Relaunch::terminated).toList();
    ByteBuffer pointers =
        ByteBuffer.allocateDirect(Long.BYTES * (strings.size() + 1)).order(ByteOrder.nativeOrder());
    for (ByteBuffer string : strings) {
      pointers.putLong(address(segment, string));
    }
    try {
      return (int) execv.invoke(address(segment, path), address(segment, pointers.rewind()));
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(strings);
    }
  }

  private static long address(Class<?> segment, Buffer buffer) throws ReflectiveOperationException {
    Object memory = segment.getMethod("ofBuffer", Buffer.class).invoke(null, buffer);
    return (long) segment.getMethod("address").invoke(memory);
  }

  private static byte[] encoded(String word) {
    return word.getBytes(Charset.forName(System.getProperty("sun.jnu.encoding")));
  }

  private static ByteBuffer terminated(byte[] word) {
    return ByteBuffer.allocateDirect(word.length + 1).put(word).put((byte) 0).rewind();
  }
}
