package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of settings in the README matches {@link Setting}. */
class ReadmeSettingsTest {

  @Test
  void theReadmeListsEverySetting() throws IOException {
    List<String> expected = Arrays.stream(Setting.values()).map(ReadmeSettingsTest::row).toList();

    List<String> rows =
        Files.readAllLines(Path.of("README.md")).stream()
            .dropWhile(line -> !line.equals("## Settings"))
            .skip(1)
            .takeWhile(line -> !line.startsWith("## "))
            .filter(line -> line.startsWith("| ") && !line.startsWith("| variable "))
            .filter(line -> !line.startsWith("| ---"))
            .toList();

    assertThat(rows).isEqualTo(expected);
  }

  private static String row(Setting setting) {
    String alias = setting.alias().map(name -> " (also " + name + ")").orElse("");
    String shown = setting.shownDefault();
    return "| "
        + setting
        + alias
        + " | "
        + (shown.isEmpty() ? "" : shown + " ")
        + "| "
        + setting.meaning()
        + " |";
  }
}
