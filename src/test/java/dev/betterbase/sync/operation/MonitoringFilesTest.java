package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.betterbase.sync.operation.MetricsTable.Listed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The dashboard and the alert rules of server-config ask only for metrics and labels that
 * docs/metrics.md lists, and Prometheus understands their queries.
 */
class MonitoringFilesTest {
  private static final Path DASHBOARD = Path.of("server-config/grafana/betterbase-sync.json");
  private static final Path RULES = Path.of("server-config/prometheus/betterbase-sync.rules.yml");

  /** A metric with what selects its series. */
  private static final Pattern SERIES =
      Pattern.compile("\\b((?:betterbase|cache|jvm|process|system)_[a-z0-9_]+)\\b(?:\\{([^}]*)})?");

  private static final Pattern PART = Pattern.compile("_(?:bucket|count|sum)$");
  private static final Pattern GROWTH =
      Pattern.compile("(?:rate|increase)\\(([a-z0-9_]+)(?:\\{[^}]*})?\\[");
  private static final Pattern LABEL = Pattern.compile("(\\w+)\\s*(?:=~|!=|!~|=)");
  private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");
  private static final Pattern SHOWN = Pattern.compile("\\{\\{\\s*(?:\\$labels\\.)?(\\w+)\\s*}}");

  /** Prometheus adds these to each series of a target. */
  private static final Set<String> OF_TARGETS = Set.of("instance", "job");

  /**
   * A query of the dashboard or of an alert rule.
   *
   * @param shown the texts that show labels of its results
   */
  private record Query(String where, String expression, List<String> shown) {
    @Override
    public String toString() {
      return where;
    }
  }

  static Stream<Query> queries() throws IOException {
    List<Query> queries = new ArrayList<>();
    for (JsonNode panel : new ObjectMapper().readTree(DASHBOARD.toFile()).get("panels")) {
      for (JsonNode target : panel.get("targets")) {
        queries.add(
            new Query(
                panel.get("title").asText() + " " + target.get("refId").asText(),
                target.get("expr").asText(),
                List.of(target.get("legendFormat").asText())));
      }
    }
    for (JsonNode rule : new YAMLMapper().readTree(RULES.toFile()).at("/groups/0/rules")) {
      List<String> texts = new ArrayList<>();
      rule.get("annotations").forEach(text -> texts.add(text.asText()));
      queries.add(new Query(rule.get("alert").asText(), rule.get("expr").asText(), texts));
    }
    assertThat(queries).hasSizeGreaterThan(40);
    return queries.stream();
  }

  private static boolean hasParts(Listed metric) {
    return metric.type().equals("histogram") || metric.type().equals("summary");
  }

  @ParameterizedTest
  @MethodSource("queries")
  void asksForKnownMetricsAndLabelsOnly(Query query) throws IOException {
    Map<String, Listed> known = MetricsTable.listed();
    Set<String> labels = new HashSet<>(OF_TARGETS);
    for (MatchResult series : SERIES.matcher(query.expression()).results().toList()) {
      String whole = PART.matcher(series.group(1)).replaceFirst("");
      Listed metric = known.get(series.group(1));
      if (metric == null) {
        assertThat(known).as(series.group(1)).containsKey(whole);
        metric = Objects.requireNonNull(known.get(whole));
        assertThat(metric).as(series.group(1)).matches(MonitoringFilesTest::hasParts);
      }
      Set<String> own = new TreeSet<>(metric.labels());
      if (series.group(1).endsWith("_bucket")) {
        assertThat(metric.type()).as(whole).isEqualTo("histogram");
        own.add("le");
      }
      labels.addAll(own);
      own.addAll(OF_TARGETS);
      if (series.group(2) != null) {
        assertThat(own).as(series.group()).containsAll(found(LABEL, series.group(2)));
      }
    }
    List<String> groups = found(GROUPING, query.expression());
    for (String group : groups) {
      assertThat(labels).as("by").containsAll(List.of(group.split(",\\s*")));
    }
    Set<String> ofResults =
        groups.isEmpty() ? labels : new HashSet<>(List.of(groups.getFirst().split(",\\s*")));
    ofResults.add("value");
    for (String text : query.shown()) {
      assertThat(ofResults).as(text).containsAll(found(SHOWN, text.replace("$value", "value")));
    }
  }

  @ParameterizedTest
  @MethodSource("queries")
  void onlyWhatGrowsHasARate(Query query) throws IOException {
    Map<String, Listed> known = MetricsTable.listed();
    for (String name : found(GROWTH, query.expression())) {
      Listed metric = known.get(name);
      assertThat(metric == null || metric.type().equals("counter")).as(name).isTrue();
    }
  }

  /** Prometheus would rename them: these are the labels of the target. */
  @Test
  void noMetricHasALabelOfTargets() throws IOException {
    MetricsTable.listed()
        .forEach(
            (name, metric) ->
                assertThat(metric.labels()).as(name).doesNotContainAnyElementsOf(OF_TARGETS));
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(found -> found.group(1)).toList();
  }

  @Test
  void everyPanelHasATitleAUnitAndAQuery() throws IOException {
    JsonNode panels = new ObjectMapper().readTree(DASHBOARD.toFile()).get("panels");
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : panels) {
      assertThat(ids.add(panel.get("id").intValue())).as("id of " + panel.get("title")).isTrue();
      assertThat(panel.get("title").asText()).isNotBlank();
      assertThat(panel.at("/fieldConfig/defaults/unit").asText()).isNotBlank();
      assertThat(panel.get("targets")).isNotEmpty();
      List<String> queries = panel.get("targets").findValuesAsText("expr");
      assertThat(queries).hasSameSizeAs(panel.get("targets")).doesNotContain("");
    }
    assertThat(panels.size()).isGreaterThan(10);
  }

  @Test
  void prometheusAcceptsTheAlertRules() throws Exception {
    assertThat(checked(RULES)).contains("SUCCESS: ");
  }

  /** As the rules of a group, because Prometheus checks no dashboards. */
  @Test
  void prometheusUnderstandsTheQueriesOfTheDashboard(@TempDir Path folder) throws Exception {
    List<Map<String, String>> rules = new ArrayList<>();
    for (Query query : queries().toList()) {
      String expression =
          query.expression().replace("$__rate_interval", "5m").replace("$instance", ".*");
      rules.add(Map.of("record", "query:" + rules.size(), "expr", expression));
    }
    Path file = folder.resolve("dashboard.yml");
    new YAMLMapper()
        .writeValue(
            file.toFile(), Map.of("groups", List.of(Map.of("name", "all", "rules", rules))));

    assertThat(checked(file)).contains("SUCCESS: " + rules.size() + " rules");
  }

  /** What promtool says of a file of rules. It is a program of Prometheus, which CI has. */
  private static String checked(Path file) throws IOException, InterruptedException {
    Process promtool;
    try {
      promtool =
          new ProcessBuilder("promtool", "check", "rules", file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException missing) {
      assumeThat(System.getenv("CI")).as("promtool is not installed").isNotNull();
      return fail("The check of the alert rules needs promtool", missing);
    }
    String output = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(promtool.exitValue()).as(output).isZero();
    return output;
  }
}
