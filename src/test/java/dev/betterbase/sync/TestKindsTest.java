package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.PortabilityTest;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The build knows a test by its name and, if it needs more than this JVM, by its annotation. */
class TestKindsTest {
  @Test
  void everyIntegrationTestSaysWhatItNeedsAndNoUnitTestNeedsAnything() {
    List<String> faults = new ArrayList<>();
    ImportOption tests = location -> location.matches(Pattern.compile(".*(IT|Test)\\.class"));
    for (JavaClass each :
        new ClassFileImporter().withImportOption(tests).importPath("target/test-classes")) {
      boolean integration = each.getSimpleName().endsWith("IT");
      if (!each.isTopLevelClass() || !(integration || each.getSimpleName().endsWith("Test"))) {
        continue;
      }
      long kinds =
          Stream.of(
                  DatabaseTest.class,
                  IntegrationTest.class,
                  SequentialIntegrationTest.class,
                  PortabilityTest.class)
              .filter(each::isAnnotatedWith)
              .count();
      if (kinds != (integration ? 1 : 0) && !each.isAnnotation()) {
        faults.add(each.getName() + " has " + kinds + " annotations that say what it needs");
      }
    }
    assertThat(faults).isEmpty();
  }
}
