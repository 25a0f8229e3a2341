package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The unpacked jar. It is kept for later starts, because unpacking takes time and because an AOT
 * cache is valid only for the files it was made with. Its folder is named by its content, so that
 * several releases and several servers can use one cache folder.
 *
 * <ul>
 *   <li>{@code betterbase-sync.jar}: the classes of this package, with a class path to the others
 *   <li>{@code server/}: the libraries of Payara Micro, and the driver for PostgreSQL
 *   <li>{@code classes/}, {@code lib/}: the launcher and its libraries
 *   <li>{@code ROOT/}: the application
 * </ul>
 */
final class Installation {
  private static final String LAUNCH_JAR = "betterbase-sync.jar";
  private static final String LOCK = "lock";
  private static final String OWN = "BETTERBASE-INF/";
  private static final String SERVER = "MICRO-INF/runtime/";
  private static final String SERVER_FOLDER = "server/";

  /** Payara looks for its resource adapters on the class path. */
  private static final String ADAPTER = ".rar";

  /** The launcher's and the server's own copy are one: the pool of the server needs it. */
  private static final String DRIVER = "postgresql-";

  private static final String LIBRARIES = OWN + "lib/";

  /** The name of an installation: the version and a hash in 16 hex digits. */
  private static final Pattern NAME = Pattern.compile(".+-[0-9a-f]{16}");

  /** The number of unused installations that are kept when another is made. */
  private static final int KEPT = 2;

  private final Path folder;

  private Installation(Path folder) {
    this.folder = folder;
  }

  /** The installation that this process runs from: it was started from its {@code launchJar}. */
  static Installation running(Path launchJar) {
    return new Installation(Objects.requireNonNull(launchJar.toAbsolutePath().getParent()));
  }

  /**
   * Finds the installation of a jar, or unpacks it. If the user has chosen a cache folder that can
   * be written to, an installation in another folder does not count.
   *
   * @param uberJar the jar
   * @param usable the cache folders to look in
   * @return empty if the jar is not unpacked in any of the folders and none can be written to
   */
  static Optional<Installation> find(Path uberJar, CacheFolder.Usable usable) throws IOException {
    List<Path> folders = usable.folders();
    boolean onlyFirst = usable.chosen() && Files.isWritable(folders.getFirst());
    try (JarFile jar = new JarFile(uberJar.toFile())) {
      String name = nameOf(jar);
      for (Path parent : onlyFirst ? folders.subList(0, 1) : folders) {
        Path folder = parent.resolve(name);
        if (Files.isDirectory(folder) && CacheFolder.isSafe(folder) && isWhole(jar, folder)) {
          touch(folder);
          return Optional.of(new Installation(folder));
        }
      }
      return unpackIntoFirst(jar, folders, name);
    }
  }

  /** Goes on with the next folder if one is full. */
  private static Optional<Installation> unpackIntoFirst(
      JarFile jar, List<Path> folders, String name) throws IOException {
    List<IOException> failures = new ArrayList<>();
    for (Path parent : folders) {
      if (Files.isWritable(parent)) {
        try {
          removeUnused(parent);
          return Optional.of(new Installation(unpackInto(jar, parent, name)));
        } catch (IOException e) {
          failures.add(new IOException(parent + ": " + e.getMessage(), e));
        }
      }
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    return Optional.empty();
  }

  /** Unpacks a jar into a folder that exists. */
  static Installation unpack(Path uberJar, Path folder) throws IOException {
    try (JarFile jar = new JarFile(uberJar.toFile())) {
      unpack(jar, folder);
      Files.createFile(folder.resolve(LOCK));
      return new Installation(folder);
    }
  }

  /** The jar to start: {@code java -jar} with it does not need the uber-jar. */
  Path launchJar() {
    return folder.resolve(LAUNCH_JAR);
  }

  Path folder() {
    return folder;
  }

  /**
   * The libraries of the server, in the order in which they are searched. The driver comes first,
   * because commands that need nothing else of the server search for it.
   */
  private static List<Path> serverLibraries(Path folder) throws IOException {
    List<Path> libraries = files(folder.resolve(SERVER_FOLDER));
    Predicate<Path> driver = library -> library.getFileName().toString().startsWith(DRIVER);
    return Stream.concat(
            libraries.stream().filter(driver), libraries.stream().filter(driver.negate()))
        .toList();
  }

  /** The file in which an AOT cache for this installation and this Java is kept. */
  Path aotCache() {
    return folder.resolve(
        "java-" + System.getProperty("java.vm.version").replaceAll("[^0-9A-Za-z.]+", "-") + ".aot");
  }

  /** The files that the launcher's class loader searches. */
  List<Path> launcherClassPath() throws IOException {
    Path application = folder.resolve("ROOT").resolve("WEB-INF");
    return Stream.of(
            Stream.of(folder.resolve("classes")),
            files(folder.resolve("lib")).stream(),
            Stream.of(application.resolve("classes")),
            files(application.resolve("lib")).stream())
        .flatMap(paths -> paths)
        .toList();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** Keeps this installation from being removed while this process runs. */
  void hold() {
    try {
      FileChannel lock = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.READ);
      lock.tryLock(0, Long.MAX_VALUE, true);
      AtExit.add(lock::close);
    } catch (IOException e) {
      // A file system without locks. Then only its recent use protects it.
      System.err.println("betterbase-sync runs without a lock on " + folder + ": " + e);
    }
  }

  /** The version and a hash of the names and checksums of all entries. */
  private static String nameOf(JarFile jar) throws IOException {
    String version = jar.getManifest().getMainAttributes().getValue("Implementation-Version");
    // Not cryptographic: somebody who can change the jar can change the installation as well.
    long hash = 0xcbf29ce484222325L;
    for (JarEntry entry : jar.stream().toList()) {
      byte[] name = entry.getName().getBytes(StandardCharsets.UTF_8);
      ByteBuffer text = ByteBuffer.allocate(name.length + 16).put(name);
      for (byte each : text.putLong(entry.getCrc()).putLong(entry.getSize()).array()) {
        hash = (hash ^ each) * 0x100000001b3L;
      }
    }
    return version + "-" + HexFormat.of().toHexDigits(hash);
  }

  /** The file that an entry is unpacked to; empty for an entry that stays in the jar. */
  private static Optional<String> target(JarEntry entry) throws IOException {
    String name = entry.getName();
    if (entry.isDirectory()) {
      return Optional.empty();
    }
    Optional<String> target = Optional.empty();
    if (name.startsWith(LIBRARIES + DRIVER)) {
      target = Optional.of(SERVER_FOLDER + name.substring(LIBRARIES.length()));
    } else if (name.startsWith(OWN)) {
      target = Optional.of(name.substring(OWN.length()));
    } else if (name.startsWith(SERVER) && !name.endsWith(ADAPTER)) {
      target = Optional.of(SERVER_FOLDER + name.substring(SERVER.length()));
    }
    if (target.isPresent() && Path.of(target.get()).normalize().startsWith("..")) {
      throw new IOException("the jar has an entry outside its folder: " + name);
    }
    return target;
  }

  /**
   * Whether all files are there with their sizes. After a loss of power, a file system may have the
   * folder but not yet the contents of its files.
   */
  private static boolean isWhole(JarFile jar, Path folder) throws IOException {
    for (JarEntry entry : jar.stream().toList()) {
      Optional<String> target = target(entry);
      if (target.isPresent()) {
        Path file = folder.resolve(target.get());
        if (!Files.isRegularFile(file) || Files.size(file) != entry.getSize()) {
          return false;
        }
      }
    }
    return Files.isReadable(folder.resolve(LOCK)) && isZip(folder.resolve(LAUNCH_JAR));
  }

  private static boolean isZip(Path file) {
    try (JarFile jar = new JarFile(file.toFile())) {
      return jar.getManifest() != null;
    } catch (IOException e) {
      return false;
    }
  }

  private static Path unpackInto(JarFile jar, Path parent, String name) throws IOException {
    Path temporary = Files.createTempDirectory(parent, RunFolder.PREFIX);
    // Locked, or another start would take it for the folder of a run that was killed.
    try (FileChannel channel =
        FileChannel.open(
            temporary.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      unpack(jar, temporary);
      Path folder = parent.resolve(name);
      if (Files.isDirectory(folder) && !isWhole(jar, folder)) {
        RunFolder.delete(folder);
      }
      try {
        return Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (!Files.isDirectory(folder)) {
          throw e;
        }
        // Another start was faster.
        RunFolder.delete(temporary);
        return folder;
      }
    } catch (IOException e) {
      RunFolder.delete(temporary);
      throw e;
    }
  }

  private static void unpack(JarFile jar, Path folder) throws IOException {
    for (JarEntry entry : jar.stream().toList()) {
      Optional<String> target = target(entry);
      if (target.isPresent()) {
        Path file = folder.resolve(target.get());
        Files.createDirectories(file.getParent());
        try (var content = jar.getInputStream(entry)) {
          Files.copy(content, file);
        }
        // An AOT cache is valid for files of this time.
        Files.setLastModifiedTime(file, FileTime.fromMillis(entry.getTime()));
      }
    }
    markUnscanned(folder.resolve("ROOT"));
    writeLaunchJar(jar, folder);
  }

  /**
   * Keeps Payara from scanning the application's libraries for annotations, which takes a quarter
   * of the processor time of a start. No library contains a bean, a resource or an endpoint. No
   * descriptor can turn the scan off, but Payara skips a library if a folder named like it, as
   * after exploding the archive, exists in the application.
   */
  private static void markUnscanned(Path application) throws IOException {
    for (Path library : files(application.resolve("WEB-INF").resolve("lib"))) {
      String path = application.relativize(library).toString().replace('\\', '/');
      Files.createDirectories(
          application.resolve(path.replaceAll("[/ ]", "__").replace(".jar", "_jar")));
    }
  }

  /**
   * Writes a jar of everything that is on the class path, with the server's libraries as its class
   * path. Classes of the system class path are the ones that an AOT cache helps most.
   */
  private static void writeLaunchJar(JarFile jar, Path folder) throws IOException {
    Manifest manifest = new Manifest(jar.getManifest());
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            serverLibraries(folder).stream()
                .map(library -> SERVER_FOLDER + library.getFileName())
                .collect(Collectors.joining(" ")));
    Path file = folder.resolve(LAUNCH_JAR);
    FileTime time = FileTime.fromMillis(jar.getEntry(JarFile.MANIFEST_NAME).getTime());
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream launch = new JarOutputStream(out)) {
      JarEntry first = new JarEntry(JarFile.MANIFEST_NAME);
      first.setLastModifiedTime(time);
      launch.putNextEntry(first);
      manifest.write(launch);
      launch.closeEntry();
      for (JarEntry entry : jar.stream().toList()) {
        if (isLaunched(entry)) {
          JarEntry copy =
              new JarEntry(
                  entry.getName().endsWith(ADAPTER)
                      ? entry.getName().substring(SERVER.length())
                      : entry.getName());
          copy.setLastModifiedTime(entry.getLastModifiedTime());
          launch.putNextEntry(copy);
          try (var content = jar.getInputStream(entry)) {
            content.transferTo(launch);
          }
          launch.closeEntry();
        }
      }
    }
    Files.setLastModifiedTime(file, time);
  }

  /** With the folders: Payara makes those of its domain by their entries. */
  private static boolean isLaunched(JarEntry entry) {
    String name = entry.getName();
    return !name.equals(JarFile.MANIFEST_NAME)
        && !name.startsWith(OWN)
        && (!name.startsWith(SERVER) || name.endsWith(ADAPTER))
        && !name.endsWith(".txz");
  }

  /** Says that it is in use. One that only root can write to, as in an image, is never removed. */
  private static void touch(Path folder) throws IOException {
    Path lock = folder.resolve(LOCK);
    if (Files.isWritable(lock)) {
      Files.setLastModifiedTime(lock, FileTime.from(Instant.now()));
    }
  }

  /** Keeps those in use, and the few that were used last. */
  private static void removeUnused(Path parent) throws IOException {
    List<Path> unpacked = new ArrayList<>();
    for (Path folder : files(parent)) {
      // The cache folder may hold files of others.
      boolean ours =
          NAME.matcher(folder.getFileName().toString()).matches()
              && Files.isRegularFile(folder.resolve(LAUNCH_JAR));
      if (ours && Files.isWritable(folder.resolve(LOCK))) {
        unpacked.add(folder);
      }
    }
    Comparator<Path> byUse = Comparator.comparing(Installation::lastUse);
    unpacked.sort(byUse.reversed());
    for (Path folder : unpacked.subList(Math.min(KEPT, unpacked.size()), unpacked.size())) {
      try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE);
          var held = channel.tryLock()) {
        if (held != null) {
          RunFolder.delete(folder);
        }
      } catch (NoSuchFileException e) {
        // Another start has just removed it.
      }
    }
  }

  private static Instant lastUse(Path folder) {
    try {
      return Files.getLastModifiedTime(folder.resolve(LOCK)).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }
}
