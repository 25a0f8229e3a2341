package dev.betterbase.sync.portability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.postgresql.Driver;

/** Folders and files of the application servers and their tests. */
final class Folders {
  private static final Path SERVERS = Path.of("target", "servers").toAbsolutePath();

  private Folders() {}

  /** The folder into which the build unpacked a server, by the beginning of its name. */
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

  /** An empty folder for one run. Files of an earlier run are deleted. */
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

  /** The jar of the JDBC driver. */
  static String driver() {
    return jarOf(Driver.class).toString();
  }

  /** The jar of a library of the tests. */
  static Path jarOf(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
  }

  static Path write(Path file, List<String> lines) {
    try {
      return Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
