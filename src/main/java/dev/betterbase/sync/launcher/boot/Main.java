package dev.betterbase.sync.launcher.boot;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.Properties;

/**
 * Entry of the uber-jar. It alone is compiled for Java 8, so that an old Java gets a line that says
 * what to do, and not an UnsupportedClassVersionError.
 */
public final class Main {
  private static final int REQUIRED = 21;

  private Main() {}

  /** Hands the arguments on, where this Java is new enough. */
  public static void main(String[] arguments) throws Exception {
    int version = feature(System.getProperty("java.specification.version", "0"));
    if (version < REQUIRED) {
      System.err.println(refusal(version));
      System.exit(1);
    }
    Class.forName("dev.betterbase.sync.launcher.boot.Bootstrap")
        .getMethod("start", String[].class)
        .invoke(null, (Object) arguments);
  }

  private static String refusal(int version) {
    String line = "betterbase-sync needs Java " + REQUIRED + " or newer; this is Java " + version;
    return newerJava().map(java -> line + ". There is one here: use " + java).orElse(line);
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
