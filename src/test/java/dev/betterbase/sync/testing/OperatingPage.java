package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The commands of the pages for operators, so that tests run what they show. */
public final class OperatingPage {
  private static final Path PAGE = Path.of("docs/operating.md");
  private static final Path SCALING = Path.of("docs/scaling.md");

  private OperatingPage() {}

  /** The lines of all code blocks in a language (operating.md). */
  public static List<String> commands(String language) {
    return commands(PAGE, language);
  }

  /** The commands of scaling.md that make the datasource of the read replicas. */
  public static List<String> datasourceOfReplicas(String server) {
    return commands(SCALING, server + "-replicas");
  }

  private static List<String> commands(Path page, String language) {
    try {
      return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
          .matcher(Files.readString(page))
          .results()
          .flatMap(block -> block.group(1).lines())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The command of a shell on operating.md that begins with these words.
   *
   * @return what stands behind them
   */
  public static String shellCommand(String words) {
    return shellCommand(PAGE, words);
  }

  /** The command of scaling.md that adds Hazelcast to WildFly, behind the name of the program. */
  public static String hazelcastForWildFly() {
    return shellCommand(SCALING, "jboss-cli.sh");
  }

  private static String shellCommand(Path page, String words) {
    List<String> found =
        commands(page, "sh").stream()
            .filter(line -> line.startsWith(words + " "))
            .map(line -> line.substring(words.length() + 1))
            .toList();
    if (found.size() != 1) {
      throw new IllegalStateException(page + " has " + found.size() + " commands: " + words);
    }
    return found.getFirst();
  }
}
