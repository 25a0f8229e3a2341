package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.CapacityModel.Load;
import dev.betterbase.sync.bench.CapacityModel.Machine;
import dev.betterbase.sync.bench.CapacityModel.Plan;
import dev.betterbase.sync.bench.Costs.Item;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Prints how many nodes and databases a load needs, and from which costs that follows: {@code mvn
 * -Pbench package -Dbench.program=capacity}. {@code -Dbench.load=50000,2000,5} asks for 50,000
 * connections, 2,000 pushes a second and 5 subscribers of a space. {@code -Dbench.machines=8,32,32}
 * is for nodes of 8 processors and 32 GB, and 32 processors for PostgreSQL.
 */
final class CapacityBench {
  private static final List<Load> LOADS =
      List.of(
          new Load(1_000, 50, 3),
          new Load(10_000, 500, 3),
          new Load(100_000, 5_000, 3),
          new Load(1_000_000, 10_000, 3),
          new Load(1_000_000, 100_000, 3));
  private static final List<Machine> MACHINES =
      List.of(new Machine(8, 32, 32), new Machine(64, 128, 64));

  private CapacityBench() {}

  public static void main(String[] arguments) throws IOException {
    List<Load> loads = loads(System.getProperty("bench.load", ""));
    List<Machine> machines = machines(System.getProperty("bench.machines", ""));
    print(Costs.read(Path.of("target/bench/bench.json")), loads, machines, System.out);
  }

  static List<Load> loads(String text) {
    if (text.isBlank()) {
      return LOADS;
    }
    double[] numbers = three(text, "bench.load");
    return List.of(new Load((long) numbers[0], numbers[1], numbers[2]));
  }

  static List<Machine> machines(String text) {
    if (text.isBlank()) {
      return MACHINES;
    }
    double[] numbers = three(text, "bench.machines");
    return List.of(new Machine((int) numbers[0], (int) numbers[1], (int) numbers[2]));
  }

  private static double[] three(String text, String property) {
    double[] numbers = Stream.of(text.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
    if (numbers.length != 3) {
      throw new IllegalArgumentException(property + " has three numbers, separated by commas");
    }
    return numbers;
  }

  static void print(Costs costs, List<Load> loads, List<Machine> machines, PrintStream out) {
    out.println("| cost | figure | from |");
    out.println("| --- | ---: | --- |");
    for (Item item : Item.values()) {
      out.printf(
          Locale.ROOT,
          "| %s | %,.1f %s | %s |%n",
          item.what,
          costs.of(item),
          item.unit,
          costs.isMeasured(item) ? "the last run of the bench" : "docs/performance.md");
    }
    for (Machine machine : machines) {
      print(new CapacityModel(costs, machine), loads, out);
    }
  }

  private static void print(CapacityModel model, List<Load> loads, PrintStream out) {
    Machine machine = model.machine();
    out.printf(
        "%nNodes of %d processors and %d GB, PostgreSQL on %d processors:%n%n",
        machine.processors(), machine.gigabytes(), machine.databaseProcessors());
    out.println(
        "| connections | pushes/s | subscribers | nodes | memory of each | busy "
            + "| PostgreSQL | databases | clients of a lost node are back after |");
    out.println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (Load load : loads) {
      Plan plan = model.plan(load);
      out.printf(
          Locale.ROOT,
          "| %,d | %,.0f | %,.0f | %s |%n",
          load.connections(),
          load.pushes(),
          load.subscribers(),
          plan.nodes() == 0 ? impossible(plan) : row(plan));
    }
  }

  private static String row(Plan plan) {
    return String.format(
        Locale.ROOT,
        "%d | %.1f GB | %.0f %% | %.1f processors | %d | %s",
        plan.nodes(),
        plan.gigabytes(),
        100 * plan.busy(),
        plan.databaseProcessors(),
        plan.databases(),
        plan.nodes() == 1 ? "" : String.format(Locale.ROOT, "%.0f s", plan.reconnectSeconds()));
  }

  private static String impossible(Plan plan) {
    return String.format(
        Locale.ROOT,
        "none | | the bus alone %.0f %% | %.1f processors | %d |",
        100 * plan.busy(),
        plan.databaseProcessors(),
        plan.databases());
  }
}
