import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * Checks the Java sources with Error Prone and NullAway, which takes four times as long as
 * compiling them. The build starts this program beside the compiler, and once more to get the
 * result: the second run waits for the first, and checks again only what has changed since. The
 * arguments are the class path of the tests and the options of Error Prone, in one word.
 */
class CheckSources {
  private static final Path FINDINGS = Path.of("target/tools/findings");
  private static final Path LOCK = Path.of("target/tools/findings.lock");
  private static final Path PLUGINS = Path.of("target/tools/error-prone");

  private static final Path MAIN = Path.of("src/main/java");
  private static final Path MAIN_FOR_22 = Path.of("src/main/java22");
  private static final Path TESTS = Path.of("src/test/java");
  private static final Path BENCHES = Path.of("src/bench/java");

  /** It is compiled for Java 8. */
  private static final Path UNCHECKED = MAIN.resolve("dev/betterbase/sync/launcher/boot/Main.java");

  private final String classPath;
  private final String errorProne;

  private CheckSources(String classPath, String errorProne) {
    this.classPath = classPath;
    this.errorProne = errorProne;
  }

  public static void main(String[] arguments) throws Exception {
    try (FileChannel channel =
            FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (hasChanged()) {
        FileTime started = FileTime.fromMillis(System.currentTimeMillis());
        var checks = new CheckSources(arguments[0], arguments[1]);
        String findings = checks.check(21, MAIN, TESTS, BENCHES) + checks.check(22, MAIN_FOR_22);
        Files.writeString(FINDINGS, findings);
        Files.setLastModifiedTime(FINDINGS, started);
      }
    }
    String findings = Files.readString(FINDINGS);
    System.err.print(findings);
    System.exit(findings.isEmpty() ? 0 : 1);
  }

  /** Whether a source or the POM is newer than the last findings. */
  private static boolean hasChanged() throws IOException {
    if (!Files.exists(FINDINGS)) {
      return true;
    }
    long last = Files.getLastModifiedTime(FINDINGS).toMillis();
    return Stream.concat(javaFiles(Path.of("src")), Stream.of(Path.of("pom.xml")))
        .anyMatch(file -> file.toFile().lastModified() >= last);
  }

  /** What the compiler prints if it finds something; empty if it does not. */
  private String check(int release, Path... folders) throws IOException {
    List<String> options = new ArrayList<>();
    options.addAll(List.of("--release", String.valueOf(release), "-encoding", "UTF-8"));
    // The build writes the classes in the meantime: what is not among the files is read as a
    // source.
    options.addAll(List.of("-classpath", classPath, "-sourcepath", MAIN.toString()));
    options.addAll(List.of("-Xprefer:source", "-implicit:none", "-proc:none", "-Werror"));
    // Error Prone works on what has passed the analysis of flow; nothing is generated after that.
    options.add("-XDcompilePolicy=simple");
    options.addAll(List.of("--should-stop=ifError=FLOW", "--should-stop=ifNoError=FLOW"));
    options.addAll(List.of("-processorpath", plugins()));
    options.add("-Xplugin:ErrorProne " + errorProne);
    for (Path folder : folders) {
      javaFiles(folder)
          .filter(file -> !file.equals(UNCHECKED))
          .map(Path::toString)
          .forEach(options::add);
    }
    var output = new ByteArrayOutputStream();
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, output, output, options.toArray(String[]::new));
    if (code == 0) {
      return "";
    }
    return output.toString(StandardCharsets.UTF_8) + "Error Prone: exit code " + code + "\n";
  }

  private static String plugins() throws IOException {
    try (Stream<Path> jars = Files.list(PLUGINS)) {
      return jars.map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
  }

  private static Stream<Path> javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    }
  }
}
