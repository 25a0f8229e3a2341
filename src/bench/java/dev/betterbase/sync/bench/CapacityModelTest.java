package dev.betterbase.sync.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.betterbase.sync.bench.CapacityModel.Load;
import dev.betterbase.sync.bench.CapacityModel.Machine;
import dev.betterbase.sync.bench.CapacityModel.Plan;
import dev.betterbase.sync.bench.Costs.Item;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapacityModelTest {
  private static final Machine SMALL = new Machine(8, 32, 32);
  private static final Machine LARGE = new Machine(64, 128, 64);

  @Test
  void littleLoadNeedsOneNodeWithoutABus() {
    Plan plan = plan(SMALL, new Load(1_000, 50, 3));

    double processors = 50 * cost(Item.PUSH_NODE) + 150 * cost(Item.DELIVERY);
    assertThat(plan.nodes()).isEqualTo(1);
    assertThat(plan.databases()).isEqualTo(1);
    assertThat(plan.busy()).isCloseTo(processors / 8, within(1e-9));
    assertThat(plan.databaseProcessors()).isCloseTo(50 * cost(Item.PUSH_DATABASE), within(1e-9));
  }

  @Test
  void noNumberOfNodesBearsABusThatTakesTheWholeOfEach() {
    Plan plan = plan(SMALL, new Load(1_000_000, 100_000, 3));

    assertThat(plan.nodes()).isZero();
    assertThat(plan.busy()).isGreaterThan(CapacityModel.BUSY);
    assertThat(plan.databases()).isGreaterThan(1);
  }

  @Test
  void oneNodeFewerWouldBeTooBusy() {
    Load load = new Load(1, 20_000, 400);
    Plan plan = plan(LARGE, load);

    double others = cost(Item.PUSH_OTHER_NODE) * load.pushes();
    double alone =
        load.pushes() * cost(Item.PUSH_NODE)
            + load.pushes() * load.subscribers() * cost(Item.DELIVERY);
    long fewer = plan.nodes() - 1;
    assertThat(plan.nodes()).isGreaterThan(2);
    assertThat(plan.busy()).isLessThanOrEqualTo(CapacityModel.BUSY);
    assertThat((alone + (fewer - 1) * others) / (fewer * 64)).isGreaterThan(CapacityModel.BUSY);
  }

  @Test
  void connectionsThatDoNotFitIntoOneNodeAreSpread() {
    Plan plan = plan(SMALL, new Load(1_000_000, 10, 1));

    assertThat(plan.nodes()).isGreaterThan(1);
    assertThat(plan.gigabytes()).isLessThanOrEqualTo(32 * CapacityModel.BUSY);
    assertThat(plan.reconnectSeconds()).isPositive();
  }

  @Test
  void costsOfARunReplaceThoseOfTheDocument(@TempDir Path folder) throws IOException {
    Path json =
        Files.writeString(
            folder.resolve("bench.json"),
            """
            {"cases": [
              {"id": "push.many.personal", "figure": 1, "cost": {"server_us": 50.5}},
              {"id": "memory.mixed", "figure": 300, "unit": "MB"}]}
            """);

    Costs costs = Costs.read(json);

    assertThat(costs.of(Item.PUSH_NODE)).isEqualTo(50.5);
    assertThat(costs.of(Item.PROCESS)).isEqualTo(300);
    assertThat(costs.isMeasured(Item.PROCESS)).isTrue();
    assertThat(costs.of(Item.DELIVERY)).isEqualTo(Item.DELIVERY.documented);
    assertThat(costs.isMeasured(Item.DELIVERY)).isFalse();
  }

  @Test
  void loadsAndMachinesHaveThreeNumbers() {
    assertThat(CapacityBench.loads("50000,2000,5")).containsExactly(new Load(50_000, 2_000, 5));
    assertThat(CapacityBench.machines("4,16,8")).containsExactly(new Machine(4, 16, 8));
    assertThatThrownBy(() -> CapacityBench.loads("1,2"))
        .hasMessage("bench.load has three numbers, separated by commas");
    assertThatThrownBy(() -> new Machine(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static Plan plan(Machine machine, Load load) {
    return new CapacityModel(Costs.documented(), machine).plan(load);
  }

  /** In seconds. */
  private static double cost(Item item) {
    return item.documented * 1e-6;
  }
}
