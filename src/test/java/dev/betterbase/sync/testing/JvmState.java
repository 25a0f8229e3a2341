package dev.betterbase.sync.testing;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What is alive in the JVM of a server, as {@code jcmd} sees it. */
public final class JvmState {
  private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");
  private static final Pattern THREAD = Pattern.compile("(?m)^\"(.*?)\" #");

  private JvmState() {}

  /**
   * In how many class loaders a class has instances after a full collection. An enum has its
   * constants as long as its class loader is reachable.
   */
  public static long copies(long pid, String className) throws Exception {
    jcmd(pid, "GC.run");
    jcmd(pid, "GC.run");
    return rows(pid, className).count();
  }

  /** The number of instances of a class that are reachable. */
  public static long instances(long pid, String className) throws Exception {
    return rows(pid, className).mapToLong(row -> Long.parseLong(row[1])).sum();
  }

  /** The rows of the histogram for a class, one for each class loader: number, instances, bytes. */
  private static Stream<String[]> rows(long pid, String className) throws Exception {
    return jcmd(pid, "GC.class_histogram")
        .lines()
        .map(line -> line.strip().split("\\s+"))
        .filter(words -> words.length > 3 && words[3].equals(className));
  }

  /** How many threads there are of each name, with digits as {@code #}. */
  public static Map<String, Long> threads(long pid) throws Exception {
    return THREAD
        .matcher(jcmd(pid, "Thread.print"))
        .results()
        .map(name -> name.group(1).replaceAll("\\d+", "#"))
        .collect(groupingBy(name -> name, TreeMap::new, counting()));
  }

  /** The system properties of now. */
  public static Properties properties(long pid) throws Exception {
    Properties properties = new Properties();
    properties.load(new StringReader(jcmd(pid, "VM.system_properties")));
    return properties;
  }

  /** Writes all live objects into a file, for a search of what holds them. */
  public static void dumpHeap(long pid, Path file) throws Exception {
    jcmd(pid, "GC.heap_dump", file.toString());
  }

  /** What the JVM answers to a diagnostic command. */
  public static String jcmd(long pid, String... command) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.addAll(List.of(JCMD.toString(), "-J-XX:TieredStopAtLevel=1", Long.toString(pid)));
    line.addAll(List.of(command));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(line + ":\n" + output);
    }
    return output;
  }
}
