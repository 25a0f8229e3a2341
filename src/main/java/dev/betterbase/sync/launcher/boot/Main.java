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
 * Entry of the uber-jar. It alone is compiled for Java 8: an old Java is not answered with an
 * UnsupportedClassVersionError, but starts the newer one that stands beside it.
 */
public final class Main {
  /** System property: where true, the process ends with the one that started it. */
  public static final String END_WITH_PARENT = "dev.betterbase.sync.endWithParent";

  private static final int REQUIRED = 21;

  private Main() {}

  /** Hands the arguments on, to a newer Java where this one is too old. */
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
          "betterbase-sync needs Java " + REQUIRED + " or newer; this is Java " + version);
      System.exit(1);
    }
    System.exit(runWith(java.get(), arguments));
  }

  /** Runs the same command with another Java, in the same terminal, and ends as it ends. */
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
    // SIGTERM reaches this process alone: it is passed on, and the orderly end waited for.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
    return process.waitFor();
  }

  /** The jar, absolute. Not from where a class was loaded: one of an AOT cache is from nowhere. */
  static File jar() {
    return new File(System.getProperty("java.class.path")).getAbsoluteFile();
  }

  private static void end(Process process) {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The first java that is new enough in the places where JDKs usually are. */
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

  /** 8 of 1.8, 21 of 21.0.1, 25 of 25. */
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
