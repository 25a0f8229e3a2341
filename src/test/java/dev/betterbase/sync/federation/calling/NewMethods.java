package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** Methods that no release has, added to the packaged server and to nothing else. */
public final class NewMethods {
  private static final List<String> CLASSES =
      List.of(
          NewRequestMethod.class.getName(),
          NewRequestMethod.Params.class.getName(),
          NewStreamMethod.class.getName(),
          NewStreamMethod.class.getName() + "$1",
          NewStreamMethod.Params.class.getName());

  private NewMethods() {}

  /** Makes a copy of the packaged server that has the methods. It is deleted when this JVM ends. */
  public static Path jar() {
    try {
      Path jar =
          Files.createDirectories(Path.of("target/servers"))
              .resolve("new-methods-" + ProcessHandle.current().pid() + ".jar")
              .toAbsolutePath();
      jar.toFile().deleteOnExit();
      Files.copy(ServerProcess.JAR, jar, StandardCopyOption.REPLACE_EXISTING);
      try (FileSystem archive = FileSystems.newFileSystem(jar, Map.of("noCompression", true))) {
        for (String name : CLASSES) {
          add(archive, name);
        }
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void add(FileSystem archive, String name) throws IOException {
    String file = name.replace('.', '/') + ".class";
    Path target = archive.getPath("BETTERBASE-INF/ROOT/WEB-INF/classes", file);
    Files.createDirectories(target.getParent());
    try (InputStream code = NewMethods.class.getResourceAsStream("/" + file)) {
      if (code == null) {
        throw new IllegalStateException("there is no class " + name);
      }
      Files.copy(code, target);
    }
  }
}
