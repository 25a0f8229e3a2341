import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs google-java-format on the Java sources that changed since the last run without a finding. It
 * takes files and no folders.
 */
class Format {
  private static final Path LAST_CLEAN_RUN = Path.of("target/tools/formatted");

  /** Names the files that are not formatted. */
  static final List<String> CHECK = List.of("--dry-run", "--set-exit-if-changed");

  /** Rewrites them. */
  static final List<String> REPLACE = List.of("--replace");

  private Format() {}

  /** Whether google-java-format found nothing. */
  static boolean run(List<String> options) throws Exception {
    FileTime started = FileTime.fromMillis(System.currentTimeMillis());
    FileTime lastClean =
        Files.exists(LAST_CLEAN_RUN)
            ? Files.getLastModifiedTime(LAST_CLEAN_RUN)
            : FileTime.fromMillis(0);
    List<String> sources = changedSince(lastClean);
    if (sources.isEmpty()) {
      return true;
    }
    String[] arguments = Stream.concat(options.stream(), sources.stream()).toArray(String[]::new);
    var out = new PrintWriter(System.out, true);
    int code = new Main(out, new PrintWriter(System.err, true), System.in).format(arguments);
    out.flush();
    if (code != 0) {
      System.err.println("Not formatted: the files above. \"mvn -Pformat validate\" formats them.");
      return false;
    }
    Files.writeString(LAST_CLEAN_RUN, "");
    Files.setLastModifiedTime(LAST_CLEAN_RUN, started);
    return true;
  }

  private static List<String> changedSince(FileTime time) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toFile().lastModified() >= time.toMillis())
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }
}
