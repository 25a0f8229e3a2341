package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * This server beside another one that speaks the same protocol, on the same PostgreSQL and under
 * the same load. They take turns, so that whatever else the machine does affects both. Each row has
 * the other's figure as its limit, and the mean of the turns as its figure.
 */
final class Comparison {
  private static final int ROUNDS = 2;

  /** What this server is to reach, as a multiple of the other's figure. */
  private static final Map<String, Double> FACTORS =
      Map.of(
          "cold.connect", 1.0,
          "fanout.max", 1.2,
          "push.many.personal", 2.2,
          "push.many.shared", 5.0,
          "push.bulk.personal", 5.0);

  /** The units of figures of which more is better. */
  private static final String RATE = "/s";

  private final String other;
  private final Bench bench;

  /** A load, and the rows that it brings. */
  @FunctionalInterface
  interface Load {
    List<Row> run(boolean theOther) throws Exception;
  }

  Comparison(Bench bench, String other) {
    this.bench = bench;
    this.other = other;
  }

  BenchServer start(boolean theOther) throws Exception {
    return theOther ? BenchServer.other(other) : BenchServer.onSharedPostgres();
  }

  /** Runs the load on both in turns and reports each of its figures. */
  void run(Load load) throws Exception {
    Map<String, List<Row>> own = new LinkedHashMap<>();
    Map<String, List<Row>> others = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      collect(load.run(false), own);
      collect(load.run(true), others);
    }
    own.forEach(
        (id, rows) -> {
          if (others.containsKey(id)) {
            bench.report(beside(rows, others.get(id)));
          }
        });
  }

  private static void collect(List<Row> rows, Map<String, List<Row>> into) {
    for (Row row : rows) {
      if (!row.id().endsWith(Row.LIMIT)) {
        into.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(row);
      }
    }
  }

  private static Row beside(List<Row> own, List<Row> others) {
    Row first = own.getFirst();
    double limit = mean(others);
    double factor = FACTORS.getOrDefault(first.id(), 1.0);
    Row row =
        Row.of(first.id(), first.what(), mean(own), first.unit())
            .goal(new Goal("other", limit, factor, first.unit().equals(RATE)))
            .note("other's server CPU: " + micros(others) + " µs");
    Optional<Row.Cost> cost = sum(own);
    return cost.isPresent()
        ? row.cost(cost.get().usage(), cost.get().units(), cost.get().name())
        : row;
  }

  private static double mean(List<Row> rows) {
    return rows.stream().mapToDouble(Row::figure).average().orElseThrow();
  }

  private static Optional<Row.Cost> sum(List<Row> rows) {
    return rows.stream()
        .flatMap(row -> row.cost().stream())
        .reduce(
            (one, two) ->
                new Row.Cost(one.usage().plus(two.usage()), one.units() + two.units(), one.name()));
  }

  private static String micros(List<Row> rows) {
    return sum(rows)
        .map(cost -> "%.1f".formatted(1e6 * cost.usage().server() / cost.units()))
        .orElse("–");
  }
}
