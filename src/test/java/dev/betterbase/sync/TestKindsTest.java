package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.PortabilityTest;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/** The build knows a test by its name and, if it needs more than this JVM, by its annotation. */
class TestKindsTest {
  @Test
  void everyIntegrationTestSaysWhatItNeedsAndNoUnitTestNeedsAnything() {
    List<String> faults = new ArrayList<>();
    for (Class<?> each :
        ReflectionSupport.findAllClassesInClasspathRoot(
            Path.of("target/test-classes").toUri(),
            type -> type.getEnclosingClass() == null && !type.isAnnotation(),
            name -> name.endsWith("IT") || name.endsWith("Test"))) {
      boolean integration = each.getSimpleName().endsWith("IT");
      long kinds =
          Stream.of(
                  DatabaseTest.class,
                  IntegrationTest.class,
                  SequentialIntegrationTest.class,
                  PortabilityTest.class)
              .filter(kind -> AnnotationSupport.isAnnotated(each, kind))
              .count();
      if (kinds != (integration ? 1 : 0)) {
        faults.add(each.getName() + " has " + kinds + " annotations that say what it needs");
      }
    }
    assertThat(faults).isEmpty();
  }
}
