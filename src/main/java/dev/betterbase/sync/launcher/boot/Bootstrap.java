package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Unpacks the application and the launcher's libraries into the folder of this run, and starts the
 * launcher in a class loader that has both. That way the jar holds the application once, for the
 * server to deploy and for the commands to use, and the server does not see the launcher's
 * libraries.
 */
public final class Bootstrap {
  private static final String IPV4_ONLY = "java.net.preferIPv4Stack";
  private static final String UNPACKED = "BETTERBASE-INF/";

  private Bootstrap() {}

  /**
   * Runs the command and ends the process with its exit code. {@code Main} calls this method by
   * reflection, because Java 8 could not load this class.
   */
  public static void start(String[] arguments) throws Exception {
    Path jar = Main.jar().toPath();
    Relaunch.withChosenFlags(jar);
    System.setProperty("java.util.logging.manager", LogToTheEnd.class.getName());
    if (Boolean.getBoolean(Main.END_WITH_PARENT)) {
      endWithParent();
    }
    if (System.getProperty(IPV4_ONLY) == null) {
      // The server turns IPv6 off if this property is not set, but LISTEN_ADDR may be an IPv6
      // address.
      System.setProperty(IPV4_ONLY, "false");
    }
    Path folder = RunFolder.create();
    unpack(jar, folder);
    URLClassLoader loader =
        new URLClassLoader("launcher", classPath(folder), Bootstrap.class.getClassLoader());
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Object code =
          loader
              .loadClass("dev.betterbase.sync.launcher.command.Launcher")
              .getMethod("run", Path.class, Path.class, String[].class)
              .invoke(null, jar, folder, arguments);
      System.exit((Integer) code);
    } catch (InvocationTargetException e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  /** Ends this process when its parent ends, even if the parent is killed. */
  private static void endWithParent() {
    ProcessHandle.current()
        .parent()
        .ifPresent(
            parent -> {
              var unused = parent.onExit().thenRun(() -> System.exit(1));
            });
  }

  private static void unpack(Path jar, Path folder) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
        JarEntry entry = entries.nextElement();
        if (!entry.getName().startsWith(UNPACKED) || entry.isDirectory()) {
          continue;
        }
        Path target = folder.resolve(entry.getName().substring(UNPACKED.length())).normalize();
        if (!target.startsWith(folder)) {
          throw new IOException("the jar has an entry outside its folder: " + entry.getName());
        }
        Files.createDirectories(target.getParent());
        try (var content = file.getInputStream(entry)) {
          Files.copy(content, target);
        }
      }
    }
  }

  private static URL[] classPath(Path folder) throws IOException {
    List<Path> elements = new ArrayList<>();
    elements.add(folder.resolve("classes"));
    elements.addAll(jars(folder.resolve("lib")));
    Path application = folder.resolve("ROOT").resolve("WEB-INF");
    elements.add(application.resolve("classes"));
    elements.addAll(jars(application.resolve("lib")));
    List<URL> urls = new ArrayList<>();
    for (Path element : elements) {
      urls.add(element.toUri().toURL());
    }
    return urls.toArray(URL[]::new);
  }

  private static List<Path> jars(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
