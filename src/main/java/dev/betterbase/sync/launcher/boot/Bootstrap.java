package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;

/**
 * Finds or makes the {@link Installation} of this jar, and starts the launcher in a class loader
 * that has its classes and those of the application. A command that starts a server starts again
 * from the installation first, if the system allows it ({@link Relaunch}).
 */
public final class Bootstrap {
  private static final String IPV4_ONLY = "java.net.preferIPv4Stack";
  private static final String BOOT = "dev.betterbase.sync.launcher.boot.";
  private static final String TEMPORARY = "java.io.tmpdir";

  private Bootstrap() {}

  /**
   * Runs the command and ends the process with its exit code. {@code Main} calls this method by
   * reflection, because Java 8 could not load this class.
   */
  public static void start(String[] arguments) throws Exception {
    // The driver tells PostgreSQL the zone, and PostgreSQL refuses connections with one that only
    // Java knows (TZ=IST). No time here is local.
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    Optional<String> shortage = OpenFiles.shortage(Relaunch.startsServer(arguments));
    if (shortage.isPresent()) {
      System.err.println("betterbase-sync: " + shortage.get());
      System.exit(1);
    }
    Path jar = Main.jar().toPath();
    CacheFolder.Usable folders = CacheFolder.usable();
    Optional<Installation> kept = Optional.empty();
    try {
      kept =
          Main.isRelaunched()
              ? Optional.of(Installation.running(Path.of(System.getProperty("java.class.path"))))
              : Installation.find(jar, folders);
    } catch (IOException e) {
      refuse(e);
    }
    if (kept.isPresent() && Relaunch.isWanted(arguments)) {
      Relaunch.from(kept.get(), arguments);
    }
    System.setProperty("java.util.logging.manager", LogToTheEnd.class.getName());
    Orphans.adopt();
    if (Boolean.getBoolean(Main.END_WITH_PARENT)) {
      endWithParent();
    }
    if (System.getProperty(IPV4_ONLY) == null) {
      // The server turns IPv6 off if this property is not set, but LISTEN_ADDR may be an IPv6
      // address.
      System.setProperty(IPV4_ONLY, "false");
    }
    try {
      run(program(jar, kept, folders.folders()), arguments);
    } catch (IOException e) {
      refuse(e);
    }
  }

  private static Program program(Path jar, Optional<Installation> kept, List<Path> folders)
      throws IOException {
    Path folder = runFolder(folders);
    Installation installation =
        kept.isPresent()
            ? kept.get()
            : Installation.unpack(jar, Files.createDirectory(folder.resolve("installation")));
    installation.hold();
    return new Program(jar, installation, folder, server(installation));
  }

  private static void refuse(IOException failure) {
    System.err.println(
        "betterbase-sync: cannot unpack itself: "
            + failure.getMessage()
            + ": make room there, or set CACHE_DIRECTORY to a folder of the user of this process"
            + " with 200 MB of room");
    System.exit(1);
  }

  /** All temporary files of this process go into the folder of this run. */
  private static Path runFolder(List<Path> folders) throws IOException {
    List<Path> parents = new ArrayList<>(folders);
    parents.add(Path.of(System.getProperty(TEMPORARY)));
    Path folder = RunFolder.create(parents);
    System.setProperty(TEMPORARY, Files.createDirectory(folder.resolve("temporary")).toString());
    return folder;
  }

  /** The class loader of the server: with or without a new program, it has the same class path. */
  private static ClassLoader server(Installation installation) throws IOException {
    ClassLoader system = Bootstrap.class.getClassLoader();
    return Main.isRelaunched()
        ? system
        : new SharingClassLoader(
            "server", new URL[] {url(installation.launchJar())}, Map.of(BOOT, system));
  }

  private static void run(Program program, String[] arguments) throws Exception {
    Map<String, ClassLoader> shared =
        Map.of(
            BOOT,
            Bootstrap.class.getClassLoader(),
            "fish.payara.micro.",
            program.server(),
            "jakarta.persistence.",
            program.server(),
            "org.eclipse.persistence.",
            program.server(),
            "org.postgresql.",
            program.server());
    SharingClassLoader loader = new SharingClassLoader("launcher", classPath(program), shared);
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Object code =
          loader
              .loadClass("dev.betterbase.sync.launcher.command.Launcher")
              .getMethod("run", Program.class, String[].class)
              .invoke(null, program, arguments);
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

  /** The jar itself comes last: it has the programs of PostgreSQL. */
  private static URL[] classPath(Program program) throws IOException {
    List<URL> urls = new ArrayList<>();
    for (Path element : program.installation().launcherClassPath()) {
      urls.add(url(element));
    }
    urls.add(url(program.jar()));
    return urls.toArray(URL[]::new);
  }

  /** With the exclamation mark encoded, which would end the name of a jar in the URL of a class. */
  static URL url(Path path) throws MalformedURLException {
    return URI.create(path.toUri().toString().replace("!", "%21")).toURL();
  }
}
