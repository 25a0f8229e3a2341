package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every kind of test vector is read by a test. */
class VectorsTest {
  @Test
  void everyKindInIdentityJsonIsReadByATest() throws IOException {
    Set<String> kinds =
        Vectors.of("identity.json").map(c -> c.text("kind")).collect(Collectors.toSet());
    String tests;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      tests =
          files
              .filter(file -> file.toString().endsWith("Test.java"))
              .map(VectorsTest::read)
              .collect(Collectors.joining());
    }
    assertThat(kinds)
        .isNotEmpty()
        .allSatisfy(
            kind -> assertThat(tests).contains("Vectors.of(\"identity.json\", \"" + kind + "\")"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
