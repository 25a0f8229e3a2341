package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The commands of the page for operators (operating.md), so that tests run what it shows. */
public final class OperatingPage {
  private static final Path PAGE = Path.of("docs/operating.md");

  private OperatingPage() {}

  /** The lines of all code blocks in a language, in their order. */
  public static List<String> commands(String language) {
    try {
      return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
          .matcher(Files.readString(PAGE))
          .results()
          .flatMap(block -> block.group(1).lines())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The command of a shell that begins with these words.
   *
   * @return what stands behind them
   */
  public static String shellCommand(String words) {
    List<String> found =
        commands("sh").stream()
            .filter(line -> line.startsWith(words + " "))
            .map(line -> line.substring(words.length() + 1))
            .toList();
    if (found.size() != 1) {
      throw new IllegalStateException(PAGE + " has " + found.size() + " commands: " + words);
    }
    return found.getFirst();
  }
}
