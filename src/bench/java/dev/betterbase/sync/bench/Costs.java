package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the parts of a load cost. A run of {@code load} on this machine has most of them in its
 * {@code bench.json}. Where it does not, the figure of docs/performance.md stands.
 */
final class Costs {
  private final Map<Item, Double> measured;

  private Costs(Map<Item, Double> measured) {
    this.measured = measured;
  }

  /** One cost, with the figure that was measured last. */
  enum Item {
    PUSH_NODE("push: processor time of its node", 185, "µs", "push.many.personal", "server_us"),
    PUSH_DATABASE(
        "push: processor time of PostgreSQL", 381, "µs", "push.many.personal", "postgres_us"),
    PUSH_OTHER_NODE("push: processor time of each other node", 146, "µs", "", ""),
    DELIVERY("delivery to a subscriber: processor time", 12, "µs", "fanout.max", "server_us"),
    CONNECT("connection that comes back: processor time", 1_199, "µs", "connect", "server_us"),
    IDLE_CONNECTION("idle connection: live heap", 17.7, "kB", "memory.idle-connection", ""),
    PROCESS("process under load: resident memory", 445, "MB", "memory.mixed", "");

    final String what;
    final double documented;
    final String unit;

    /** The row of {@code bench.json}; empty if none has it. */
    private final String row;

    /** The field of the row's cost; empty if the row's figure is meant. */
    private final String cost;

    Item(String what, double documented, String unit, String row, String cost) {
      this.what = what;
      this.documented = documented;
      this.unit = unit;
      this.row = row;
      this.cost = cost;
    }

    private Optional<Double> in(JsonNode cases) {
      for (JsonNode each : cases) {
        if (each.path("id").asText().equals(row)) {
          JsonNode value = cost.isEmpty() ? each.path("figure") : each.path("cost").path(cost);
          return value.isNumber() ? Optional.of(value.asDouble()) : Optional.empty();
        }
      }
      return Optional.empty();
    }
  }

  /** The costs of docs/performance.md. */
  static Costs documented() {
    return new Costs(Map.of());
  }

  /**
   * Reads the results of a run.
   *
   * @param json {@code bench.json}; if there is none, all costs are those of docs/performance.md
   */
  static Costs read(Path json) throws IOException {
    if (!Files.exists(json)) {
      return documented();
    }
    JsonNode cases = new ObjectMapper().readTree(json.toFile()).path("cases");
    Map<Item, Double> measured = new EnumMap<>(Item.class);
    for (Item item : Item.values()) {
      item.in(cases).ifPresent(value -> measured.put(item, value));
    }
    return new Costs(measured);
  }

  /** In the unit of the item. */
  double of(Item item) {
    return measured.getOrDefault(item, item.documented);
  }

  /** Whether it was measured in the run, and not taken from docs/performance.md. */
  boolean isMeasured(Item item) {
    return measured.containsKey(item);
  }
}
