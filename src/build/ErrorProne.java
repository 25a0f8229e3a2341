import static java.util.stream.Collectors.joining;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * Checks the Java sources with Error Prone and NullAway, which takes four times as long as
 * compiling them. The findings are kept in {@code target/tools}, and sources that have not changed
 * since are not checked again.
 */
class ErrorProne {
  private static final Path PLUGINS = Path.of("target/tools/error-prone");

  private static final Path MAIN = Path.of("src/main/java");
  private static final Path MAIN_FOR_22 = Path.of("src/main/java22");

  /** It is compiled for Java 8. */
  private static final Path UNCHECKED = MAIN.resolve("dev/betterbase/sync/launcher/boot/Main.java");

  /**
   * NullAway checks what is NullMarked. Records carry frames and blobs that cannot be copied:
   * arrays are allowed in them.
   */
  private static final String OPTIONS =
      String.join(
          " ",
          "-Xplugin:ErrorProne",
          "-Xep:ArrayRecordComponent:OFF",
          "-Xep:NullAway:ERROR",
          "-XepOpt:NullAway:OnlyNullMarked=true",
          "-XepOpt:NullAway:JSpecifyMode=false",
          "-XepOpt:NullAway:CustomInitializerAnnotations=jakarta.annotation.PostConstruct",
          "-XepOpt:NullAway:ExcludedFieldAnnotations="
              + "jakarta.annotation.Resource,jakarta.ejb.EJB,jakarta.inject.Inject,"
              + "jakarta.persistence.PersistenceContext,jakarta.ws.rs.PathParam,"
              + "jakarta.ws.rs.core.Context,picocli.CommandLine.Spec");

  private final String classPath;
  private final List<Path> folders;

  /** What was found in these folders. */
  private final Path findings;

  ErrorProne(String classPath, List<Path> folders) {
    this.classPath = classPath;
    this.folders = folders;
    String names =
        folders.stream().map(folder -> folder.toString().replace('/', '.')).collect(joining(" "));
    this.findings = Path.of("target/tools/findings-in " + names);
  }

  /** What the compiler prints about the sources as they are; empty if it finds nothing. */
  String findings() throws IOException {
    if (hasChanged()) {
      FileTime started = FileTime.fromMillis(System.currentTimeMillis());
      String found = check(21, folders);
      if (folders.contains(MAIN)) {
        found += check(22, List.of(MAIN_FOR_22));
      }
      Files.writeString(findings, found);
      Files.setLastModifiedTime(findings, started);
    }
    return Files.readString(findings);
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
    options.add(OPTIONS);
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
      return jars.map(Path::toString).collect(joining(File.pathSeparator));
    }
  }

  private static Stream<Path> javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    }
  }
}
