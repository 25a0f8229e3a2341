package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The dashboard and the alert rules of server-config ask only for metrics that docs/metrics.md
 * lists.
 */
class MonitoringFilesTest {
  private static final Path DASHBOARD = Path.of("server-config/grafana/betterbase-sync.json");
  private static final Pattern NAME =
      Pattern.compile("\\b((?:betterbase|jvm|process|system)_[a-z0-9_]+)");
  private static final Pattern PART = Pattern.compile("_(?:bucket|count|sum)$");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server-config/grafana/betterbase-sync.json",
        "server-config/prometheus/betterbase-sync.rules.yml"
      })
  void asksForKnownMetricsOnly(String file) throws IOException {
    Set<String> known = new HashSet<>(MetricsTable.names());
    Set<String> unknown = new TreeSet<>();
    int found = 0;
    for (Matcher name = NAME.matcher(Files.readString(Path.of(file))); name.find(); found++) {
      if (!known.contains(name.group(1))
          && !known.contains(PART.matcher(name.group(1)).replaceFirst(""))) {
        unknown.add(name.group(1));
      }
    }
    assertThat(found).isGreaterThan(10);
    assertThat(unknown).isEmpty();
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
}
