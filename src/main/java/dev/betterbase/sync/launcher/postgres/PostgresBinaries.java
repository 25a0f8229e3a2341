package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.Build;
import dev.betterbase.sync.launcher.DiskSync;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.CLibrary;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The programs of the embedded PostgreSQL. They are unpacked once into the data folder, and not
 * into a temporary folder, in which other users may write.
 */
final class PostgresBinaries {
  /** The programs that are started. */
  private static final List<String> PROGRAMS = List.of("initdb", "pg_ctl", "postgres");

  private PostgresBinaries() {}

  /** The version inside this build, such as {@code 18.4.0}. */
  static String version() {
    return Build.property("postgresql");
  }

  /** The major version, as it stands in the file PG_VERSION of a data folder. */
  static String majorVersion() {
    return version().replaceFirst("[.].*", "");
  }

  /**
   * The folder with {@code bin}, {@code lib} and {@code share}.
   *
   * @throws StartRefused if this build has no PostgreSQL for this machine, or another user has
   *     unpacked the folder
   */
  static Path unpack(DataFolder data) throws IOException {
    String platform =
        platform()
            .orElseThrow(
                () ->
                    new StartRefused(
                        "this jar has no PostgreSQL for "
                            + System.getProperty("os.name")
                            + " on "
                            + System.getProperty("os.arch")
                            + ": set DATABASE_URL"));
    String name = "postgresql-" + version() + "-" + platform;
    Path folder = data.resolve(name);
    if (Files.isDirectory(folder)) {
      refuseOtherOwner(data, folder);
      if (isWhole(folder)) {
        return folder;
      }
      data.deleteFolder(name);
    }
    // The folder gets its name when it is complete, so an interrupted start leaves none.
    Path temporary = data.resolve(name + ".new");
    data.deleteFolder(name + ".new");
    URL place = PostgresBinaries.class.getResource("/postgres-" + platform + ".txz");
    if (place == null) {
      throw new StartRefused("this jar has no PostgreSQL for " + platform + ": set DATABASE_URL");
    }
    URLConnection jar = place.openConnection();
    // Without the cache, this gets a JarFile of its own. The server, which boots at the same time,
    // closes the shared one.
    jar.setUseCaches(false);
    try (InputStream archive = jar.getInputStream()) {
      unpack(archive, temporary);
    }
    DiskSync.forceAll(temporary);
    Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
    return folder;
  }

  /** Earlier releases did not force the programs to the disk, and a loss of power emptied them. */
  private static boolean isWhole(Path folder) throws IOException {
    for (String program : PROGRAMS) {
      Path file = folder.resolve("bin").resolve(program);
      if (!Files.isRegularFile(file) || Files.size(file) == 0) {
        return false;
      }
    }
    return true;
  }

  /** In a data folder that is open to others, somebody else may have put the programs there. */
  private static void refuseOtherOwner(DataFolder data, Path folder) throws IOException {
    if (!data.isOwnedByUser(folder)) {
      throw new StartRefused(
          folder
              + " belongs to the user "
              + Files.getOwner(folder).getName()
              + ": start the server as that user, or delete the folder, which is then unpacked"
              + " again");
    }
  }

  private static Optional<String> platform() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    boolean arm = machine.equals("aarch64") || machine.equals("arm64");
    boolean intel = machine.equals("amd64") || machine.equals("x86_64");
    if (system.startsWith("mac") && (arm || intel)) {
      return Optional.of("darwin-arm_64"); // these programs run on both processors
    }
    boolean musl = CLibrary.isMusl();
    if (system.startsWith("linux") && intel) {
      return Optional.of(musl ? "linux-x86_64-alpine_linux" : "linux-x86_64");
    }
    return system.startsWith("linux") && arm && !musl
        ? Optional.of("linux-arm_64")
        : Optional.empty();
  }

  private static void unpack(InputStream archive, Path folder) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new XZCompressorInputStream(new BufferedInputStream(archive, 1 << 16)))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        Path target = folder.resolve(entry.getName()).normalize();
        if (!target.startsWith(folder)) {
          throw new IOException("the archive has an entry outside its folder: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
          continue;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createLink(target, folder.resolve(entry.getLinkName()));
        } else {
          Files.copy(tar, target);
          boolean program = (entry.getMode() & 0100) != 0;
          Files.setPosixFilePermissions(
              target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
    }
  }
}
