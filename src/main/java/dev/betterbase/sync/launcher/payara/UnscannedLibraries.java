package dev.betterbase.sync.launcher.payara;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Keeps Payara from scanning the application's libraries for annotations, which takes a quarter of
 * the processor time of a start. No library contains a bean, a resource or an endpoint. No
 * descriptor can turn the scan off, but Payara skips a library if a folder named like it, as after
 * exploding the archive, exists in the application.
 */
final class UnscannedLibraries {
  private UnscannedLibraries() {}

  /**
   * Makes a folder for each library.
   *
   * @param application the folder of the unpacked application
   */
  static void mark(Path application) throws IOException {
    List<Path> libraries;
    try (Stream<Path> files = Files.list(application.resolve("WEB-INF").resolve("lib"))) {
      libraries = files.toList();
    }
    for (Path library : libraries) {
      String path = application.relativize(library).toString().replace('\\', '/');
      Files.createDirectories(
          application.resolve(path.replaceAll("[/ ]", "__").replace(".jar", "_jar")));
    }
  }
}
