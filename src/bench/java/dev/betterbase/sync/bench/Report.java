package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints the table line by line as the cases end. At the end writes {@code bench.json}, with the
 * percentiles of all latencies, and {@code latencies.svg}.
 */
final class Report {
  private static final double[] QUANTILES = {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};

  private final PrintStream out;
  private final List<Row> rows = new ArrayList<>();
  private final String machine =
      String.format(
          Locale.ROOT,
          "%d processors, Java %s, client and PostgreSQL on the same machine",
          Runtime.getRuntime().availableProcessors(),
          Runtime.version());

  Report(PrintStream out) {
    this.out = out;
  }

  void begin(Duration time) {
    out.printf(Locale.ROOT, "%s; %d s a case%n", machine, time.toSeconds());
    out.println("CPU in µs for one unit; the client's in processors, of which there are as many");
    if (!PgBench.isInstalled()) {
      out.println("no pgbench on this machine: L is measured by an equal loop over JDBC");
    }
    out.println();
    out.printf(
        "| %-58s | %12s | %22s | %5s | %16s | %-3s | %7s | %8s | %6s | %s |%n",
        "case", "figure", "limit", "ratio", "target", "met", "server", "postgres", "client", "");
    out.println("| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- |");
  }

  void add(Row row) {
    rows.add(row);
    out.printf(
        "| %-58s | %12s | %22s | %5s | %16s | %-3s | %7s | %8s | %6s | %s |%n",
        row.what(),
        figure(row.figure(), row.unit()),
        row.goal().map(goal -> limit(goal, row.unit())).orElse(""),
        row.goal().map(goal -> number("%.2f", row.figure() / goal.limit())).orElse(""),
        row.goal().map(goal -> target(goal, row.unit())).orElse(""),
        row.goal().map(goal -> goal.isMet(row.figure()) ? "yes" : "NO").orElse(""),
        row.cost().map(cost -> micros(cost.usage().server(), cost)).orElse(""),
        row.cost().map(cost -> micros(cost.usage().postgres(), cost)).orElse(""),
        row.cost()
            .map(cost -> number("%.2f", cost.usage().client() / cost.usage().wall()))
            .orElse(""),
        note(row));
    out.flush();
  }

  private static String note(Row row) {
    String latencies = row.latencies().map(Latencies::summary).orElse("");
    return latencies.isEmpty() || row.note().isEmpty()
        ? latencies + row.note()
        : latencies + "; " + row.note();
  }

  private static String limit(Row.Goal goal, String unit) {
    return goal.basis().isEmpty() ? "" : goal.basis() + " " + figure(goal.limit(), unit);
  }

  private static String target(Row.Goal goal, String unit) {
    String sign = goal.atLeast() ? "≥ " : "≤ ";
    return goal.basis().isEmpty()
        ? sign + figure(goal.limit(), unit)
        : sign + number("%.2f", goal.factor());
  }

  private static String micros(double seconds, Row.Cost cost) {
    return number(seconds / cost.units() < 1e-5 ? "%.2f" : "%.0f", 1e6 * seconds / cost.units());
  }

  private static String figure(double value, String unit) {
    return switch (unit) {
      case "/s" -> number("%,.0f/s", value);
      case "MB" -> number("%.0f MB", value);
      case "kB", "s" -> number("%.1f ", value) + unit;
      case "ms" -> number("%.2f ms", value);
      case "tries" -> number("%,.0f", value);
      default -> number("%.2f ", value) + unit;
    };
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /** Writes both files. */
  void end(Path folder) throws IOException {
    Files.createDirectories(folder);
    ObjectMapper json = new ObjectMapper();
    ObjectNode all = json.createObjectNode().put("machine", machine);
    ArrayNode cases = all.putArray("cases");
    rows.forEach(row -> write(row, cases.addObject()));
    json.writerWithDefaultPrettyPrinter().writeValue(folder.resolve("bench.json").toFile(), all);
    Files.writeString(folder.resolve("latencies.svg"), PercentilePlot.of(rows));
    long missed = rows.stream().filter(Report::isMissed).count();
    long goals = rows.stream().filter(row -> row.goal().isPresent()).count();
    out.printf(Locale.ROOT, "%n%d of %d targets met; %s%n", goals - missed, goals, folder);
  }

  private static boolean isMissed(Row row) {
    return row.goal().filter(goal -> !goal.isMet(row.figure())).isPresent();
  }

  private static void write(Row row, ObjectNode into) {
    into.put("id", row.id()).put("case", row.what().strip());
    into.put("figure", row.figure()).put("unit", row.unit());
    row.goal()
        .ifPresent(
            goal ->
                into.putObject("goal")
                    .put("basis", goal.basis())
                    .put("limit", goal.limit())
                    .put("ratio", row.figure() / goal.limit())
                    .put("factor", goal.factor())
                    .put("at_least", goal.atLeast())
                    .put("met", goal.isMet(row.figure())));
    row.cost()
        .ifPresent(
            cost ->
                into.putObject("cost")
                    .put("unit", cost.name())
                    .put("server_us", 1e6 * cost.usage().server() / cost.units())
                    .put("postgres_us", 1e6 * cost.usage().postgres() / cost.units())
                    .put("client_us", 1e6 * cost.usage().client() / cost.units())
                    .put("client_processors", cost.usage().client() / cost.usage().wall()));
    row.latencies()
        .ifPresent(
            latencies -> {
              ObjectNode percentiles = into.putObject("latency_ms").put("count", latencies.count());
              percentiles.put("mean", latencies.mean());
              for (double quantile : QUANTILES) {
                percentiles.put(
                    "p" + number("%.8g", 100 * quantile).replaceAll("\\.?0+$", ""),
                    latencies.quantile(quantile));
              }
            });
    into.put("note", row.note());
  }
}
