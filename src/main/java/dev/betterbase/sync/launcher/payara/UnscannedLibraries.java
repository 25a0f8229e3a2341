package dev.betterbase.sync.launcher.payara;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Keeps Payara from reading every class of the application's libraries for annotations, at each
 * start, to find out that there are none: a quarter of the processor time of a start. It leaves out
 * a library beside which a folder stands whose name says that it was taken apart; no descriptor can
 * say so. Nothing of the libraries is a bean, a resource or an endpoint.
 */
final class UnscannedLibraries {
  private UnscannedLibraries() {}

  /**
   * Makes those folders.
   *
   * @param application the unpacked application
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
