package dev.betterbase.sync.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The live objects of a JVM. */
final class LiveHeap {
  private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");

  private LiveHeap() {}

  /** The bytes that are live after a full collection, by the class histogram. */
  static long bytes(long pid) throws IOException, InterruptedException {
    Path histogram = Files.createTempFile("histogram", ".txt");
    try {
      Process jcmd =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(pid),
                  "GC.class_histogram")
              .redirectErrorStream(true)
              .redirectOutput(histogram.toFile())
              .start();
      if (!jcmd.waitFor(1, TimeUnit.MINUTES)) {
        jcmd.destroyForcibly();
        throw new IOException("jcmd does not end");
      }
      Matcher total = TOTAL.matcher(Files.readString(histogram));
      if (!total.find()) {
        throw new IOException("no histogram");
      }
      return Long.parseLong(total.group(1));
    } finally {
      Files.delete(histogram);
    }
  }
}
