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
 * result: the second run waits for the first, and checks again only if something has changed since.
 * The arguments are the class path of the tests, the options of Error Prone in one word, and the
 * folders of the sources in another.
 */
class CheckSources {
  /** The lock of {@code Format} too. */
  private static final Path LOCK = Path.of("target/tools/checks.lock");

  private static final Path PLUGINS = Path.of("target/tools/error-prone");

  private static final Path MAIN = Path.of("src/main/java");
  private static final Path MAIN_FOR_22 = Path.of("src/main/java22");

  /** It is compiled for Java 8. */
  private static final Path UNCHECKED = MAIN.resolve("dev/betterbase/sync/launcher/boot/Main.java");

  private final String classPath;
  private final String errorProne;
  private final List<Path> folders;

  /** What was found in these folders. */
  private final Path findings;

  private CheckSources(String classPath, String errorProne, String folders) {
    this.classPath = classPath;
    this.errorProne = errorProne;
    this.folders = Stream.of(folders.split(" ")).map(Path::of).toList();
    this.findings = Path.of("target/tools/findings-in " + folders.replace('/', '.'));
  }

  public static void main(String[] arguments) throws Exception {
    var checks = new CheckSources(arguments[0], arguments[1], arguments[2]);
    try (FileChannel channel =
            FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (checks.hasChanged()) {
        checks.run();
      }
    }
    String found = Files.readString(checks.findings);
    System.err.print(found);
    System.exit(found.isEmpty() ? 0 : 1);
  }

  private void run() throws IOException {
    FileTime started = FileTime.fromMillis(System.currentTimeMillis());
    String found = check(21, folders);
    if (folders.contains(MAIN)) {
      found += check(22, List.of(MAIN_FOR_22));
    }
    Files.writeString(findings, found);
    Files.setLastModifiedTime(findings, started);
  }

  /** Whether a source or the POM is newer than the last findings. */
  private boolean hasChanged() throws IOException {
    if (!Files.exists(findings)) {
      return true;
    }
    long last = Files.getLastModifiedTime(findings).toMillis();
    return Stream.concat(javaFiles(Path.of("src")), Stream.of(Path.of("pom.xml")))
        .anyMatch(file -> file.toFile().lastModified() >= last);
  }

  /** What the compiler prints if it finds something; empty if it does not. */
  private String check(int release, List<Path> folders) throws IOException {
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
