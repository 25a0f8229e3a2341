package dev.betterbase.sync.portability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.postgresql.Driver;

/** Where the build has put what the servers are made of. */
final class Folders {
  private static final Path SERVERS = Path.of("target", "servers").toAbsolutePath();

  private Folders() {}

  /** The folder of an unpacked server, by the beginning of its name. */
  static Path unpacked(String prefix) {
    try (Stream<Path> folders = Files.list(SERVERS.resolve("unpacked"))) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no " + prefix + " below " + SERVERS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A folder for one run; what an earlier run left there is gone. */
  static Path fresh(String name) {
    Path folder = SERVERS.resolve(name);
    delete(folder);
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A script of {@code server-config}. */
  static String script(String name) {
    return Path.of("server-config", name).toAbsolutePath().toString();
  }

  /** The JDBC driver's jar. */
  static String driver() {
    return Driver.class.getProtectionDomain().getCodeSource().getLocation().getPath();
  }

  static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.sorted(Comparator.reverseOrder()).toList();
      for (Path file : files) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
