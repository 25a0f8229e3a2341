package dev.betterbase.sync.bench;

import java.util.Optional;

/**
 * One line of the table.
 *
 * @param id the name in the JSON
 * @param figure in the unit
 * @param unit {@code /s}, {@code ms}, {@code s}, {@code MB}, {@code kB} or a word
 * @param cost the time and CPU time that it took
 * @param note a remark
 */
record Row(
    String id,
    String what,
    double figure,
    String unit,
    Optional<Goal> goal,
    Optional<Cost> cost,
    Optional<Latencies> latencies,
    String note) {

  /** The end of the ids of limits, which do not depend on the server. */
  static final String LIMIT = ".limit";

  /**
   * The target of a figure.
   *
   * @param basis the kind of limit, in a word
   * @param limit in the unit of the figure
   * @param factor the share of the limit to reach
   * @param atLeast whether more is better
   */
  record Goal(String basis, double limit, double factor, boolean atLeast) {
    static Goal atLeast(double value) {
      return new Goal("", value, 1, true);
    }

    static Goal atMost(double value) {
      return new Goal("", value, 1, false);
    }

    boolean isMet(double figure) {
      return atLeast ? figure >= factor * limit : figure <= factor * limit;
    }
  }

  /**
   * @param units the number of operations that the usage is for
   * @param name the name of one operation
   */
  record Cost(Usage usage, double units, String name) {}

  static Row of(String id, String what, double figure, String unit) {
    return new Row(
        id, what, figure, unit, Optional.empty(), Optional.empty(), Optional.empty(), "");
  }

  Row goal(Goal value) {
    return new Row(id, what, figure, unit, Optional.of(value), cost, latencies, note);
  }

  Row cost(Usage usage, double units, String name) {
    return new Row(
        id, what, figure, unit, goal, Optional.of(new Cost(usage, units, name)), latencies, note);
  }

  Row latencies(Latencies value) {
    return new Row(id, what, figure, unit, goal, cost, Optional.of(value), note);
  }

  Row note(String value) {
    return new Row(id, what, figure, unit, goal, cost, latencies, value);
  }
}
