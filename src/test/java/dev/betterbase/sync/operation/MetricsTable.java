package dev.betterbase.sync.operation;

import static java.util.stream.Collectors.toSet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The metrics of servers as docs/metrics.md lists them, made from what {@code /metrics} answers.
 */
public final class MetricsTable {
  private static final Path PAGE = Path.of("docs/metrics.md");
  private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\| ([^|]*) \\|.*");
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");
  private static final Pattern SERIES = Pattern.compile("(\\w+)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final List<String> PARTS = List.of("_bucket", "_count", "_sum", "_max");

  private MetricsTable() {}

  private record Metric(String type, String meaning, TreeSet<String> labels) {
    String row(String name) {
      String listed = labels.isEmpty() ? "" : "`" + String.join("`, `", labels) + "`";
      return "| `" + name + "` | " + type + " | " + listed + " | " + meaning + " |";
    }
  }

  /** The rows of the page. */
  public static List<String> documented() throws IOException {
    return Files.readAllLines(PAGE).stream().filter(line -> ROW.matcher(line).matches()).toList();
  }

  /**
   * A metric as the page lists it.
   *
   * @param type of Prometheus, such as {@code counter}
   */
  record Listed(String type, Set<String> labels) {}

  /** The metrics on the page, by their names. */
  static Map<String, Listed> listed() throws IOException {
    Map<String, Listed> listed = new TreeMap<>();
    for (String row : documented()) {
      Matcher cells = ROW.matcher(row);
      if (!cells.matches()) {
        throw new IllegalArgumentException(row);
      }
      Set<String> labels =
          NAME.matcher(cells.group(3)).results().map(name -> name.group(1)).collect(toSet());
      listed.put(cells.group(1), new Listed(cells.group(2), labels));
    }
    return listed;
  }

  /** The rows for the metrics that these servers have together. */
  public static List<String> of(String... scrapes) {
    Map<String, Metric> metrics = new TreeMap<>();
    for (String scrape : scrapes) {
      scrape.lines().forEach(line -> read(line, metrics));
    }
    List<String> rows = new ArrayList<>();
    metrics.forEach((name, metric) -> rows.add(metric.row(name)));
    return rows;
  }

  private static void read(String line, Map<String, Metric> metrics) {
    String[] words = line.split(" ", 4);
    if (line.startsWith("# HELP ")) {
      metrics.computeIfAbsent(words[2], name -> new Metric("", words[3].strip(), new TreeSet<>()));
    } else if (line.startsWith("# TYPE ")) {
      metrics.compute(
          words[2],
          (name, metric) ->
              new Metric(
                  words[3],
                  metric == null ? "" : metric.meaning(),
                  metric == null ? new TreeSet<>() : metric.labels()));
    } else {
      Matcher series = SERIES.matcher(line);
      if (series.matches()) {
        readLabels(
            metric(series.group(1), metrics), Objects.requireNonNullElse(series.group(2), ""));
      }
    }
  }

  private static void readLabels(Metric metric, String labels) {
    for (Matcher label = LABEL.matcher(labels); label.find(); ) {
      if (!label.group(1).equals("le")) {
        metric.labels().add(label.group(1));
      }
    }
  }

  private static Metric metric(String series, Map<String, Metric> metrics) {
    Optional<Metric> found =
        Stream.concat(
                Stream.of(series),
                PARTS.stream()
                    .filter(series::endsWith)
                    .map(part -> series.substring(0, series.length() - part.length())))
            .map(metrics::get)
            .filter(Objects::nonNull)
            .findFirst();
    return found.orElseThrow(() -> new IllegalStateException("no TYPE for " + series));
  }
}
