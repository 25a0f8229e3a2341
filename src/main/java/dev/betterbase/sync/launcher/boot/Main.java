package dev.betterbase.sync.launcher.boot;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * The main class of the uber-jar. It is the only class that is compiled for Java 8, so an old Java
 * does not fail with an UnsupportedClassVersionError: it runs this class, which looks for a newer
 * Java on the machine and starts that.
 */
public final class Main {
  /** The system property that, if true, ends the process when its parent process ends. */
  public static final String END_WITH_PARENT = "dev.betterbase.sync.endWithParent";

  /** The system property with the path of the uber-jar, in a process that runs unpacked. */
  static final String UBER_JAR = "dev.betterbase.sync.jar";

  private static final int REQUIRED = 21;

  private Main() {}

  /** Starts the launcher, in a newer Java if this one is too old. */
  public static void main(String[] arguments) throws Exception {
    int version = feature(System.getProperty("java.specification.version", "0"));
    if (version >= REQUIRED) {
      Class.forName("dev.betterbase.sync.launcher.boot.Bootstrap")
          .getMethod("start", String[].class)
          .invoke(null, (Object) arguments);
      return;
    }
    Optional<File> java = newerJava();
    if (!java.isPresent()) {
      System.err.println(
          "betterbase-sync needs Java "
              + REQUIRED
              + " or newer, but this is Java "
              + version
              + ": install a newer JDK, or set JAVA_HOME to one");
      System.exit(1);
    }
    System.exit(runWith(java.get(), arguments));
  }

  /** Runs the same command with another Java in the same terminal, and returns its exit code. */
  private static int runWith(File java, String[] arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(java.getPath());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-D" + END_WITH_PARENT + "=true");
    command.add("-jar");
    command.add(jar().getPath());
    command.addAll(Arrays.asList(arguments));
    Process process = new ProcessBuilder(command).inheritIO().start();
    // SIGTERM reaches only this process, so pass it on and wait for the orderly end.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
    return process.waitFor();
  }

  /** The absolute path of the uber-jar. A class from an AOT cache does not know its place. */
  static File jar() {
    String classPath = System.getProperty("java.class.path");
    return new File(System.getProperty(UBER_JAR, classPath)).getAbsoluteFile();
  }

  /** Whether this process runs from the unpacked jar. */
  static boolean isRelaunched() {
    return System.getProperty(UBER_JAR) != null;
  }

  private static void end(Process process) {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The first {@code java} that is new enough, in JAVA_HOME and the usual folders of JDKs. */
  private static Optional<File> newerJava() {
    String[] parents = {
      "/usr/lib/jvm",
      "/opt/java",
      "/Library/Java/JavaVirtualMachines",
      System.getProperty("user.home") + "/.sdkman/candidates/java",
      System.getProperty("user.home") + "/.jdks"
    };
    String home = System.getenv("JAVA_HOME");
    if (home != null && isNewEnough(new File(home))) {
      return Optional.of(new File(home, "bin/java"));
    }
    for (String parent : parents) {
      File[] candidates = new File(parent).listFiles();
      if (candidates == null) {
        continue;
      }
      for (File candidate : candidates) {
        File bundle = new File(candidate, "Contents/Home");
        File folder = bundle.isDirectory() ? bundle : candidate;
        if (isNewEnough(folder)) {
          return Optional.of(new File(folder, "bin/java"));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isNewEnough(File home) {
    if (!new File(home, "bin/java").canExecute()) {
      return false;
    }
    Properties release = new Properties();
    try (InputStream file = new FileInputStream(new File(home, "release"))) {
      release.load(file);
    } catch (IOException e) {
      return false;
    }
    return feature(release.getProperty("JAVA_VERSION", "0").replace("\"", "")) >= REQUIRED;
  }

  /** The feature version: 8 for 1.8, 21 for 21.0.1, 25 for 25; 0 if the text is not a version. */
  private static int feature(String version) {
    String[] parts = version.split("[.+_-]", -1);
    try {
      int first = Integer.parseInt(parts[0]);
      return first == 1 && parts.length > 1 ? Integer.parseInt(parts[1]) : first;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
