import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs google-java-format on the Java sources that changed since the last run without a finding.
 * The arguments are options of google-java-format, which itself takes files and no folders. The
 * build starts this program as it does {@code CheckSources}: once beside the compiler, and once
 * more for the result. The two take turns, so that they leave a processor to the compiler.
 */
class Format {
  private static final Path LAST_CLEAN_RUN = Path.of("target/tools/formatted");

  /** The lock of {@code CheckSources} too. */
  private static final Path LOCK = Path.of("target/tools/checks.lock");

  public static void main(String[] options) throws Exception {
    int code;
    try (FileChannel channel =
            FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      code = format(options);
    }
    System.exit(code);
  }

  /** The exit code of google-java-format. */
  private static int format(String[] options) throws Exception {
    FileTime started = FileTime.fromMillis(System.currentTimeMillis());
    FileTime lastClean =
        Files.exists(LAST_CLEAN_RUN)
            ? Files.getLastModifiedTime(LAST_CLEAN_RUN)
            : FileTime.fromMillis(0);
    List<String> sources = changedSince(lastClean);
    if (sources.isEmpty()) {
      return 0;
    }
    String[] arguments = Stream.concat(Stream.of(options), sources.stream()).toArray(String[]::new);
    var out = new PrintWriter(System.out, true);
    int code = new Main(out, new PrintWriter(System.err, true), System.in).format(arguments);
    out.flush();
    if (code != 0) {
      System.err.println("Not formatted: the files above. \"mvn -Pformat validate\" formats them.");
      return code;
    }
    Files.writeString(LAST_CLEAN_RUN, "");
    Files.setLastModifiedTime(LAST_CLEAN_RUN, started);
    return 0;
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
