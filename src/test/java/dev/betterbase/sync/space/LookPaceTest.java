package dev.betterbase.sync.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.NodeEvent;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LookPaceTest {
  private final LookPace pace = new LookPace();
  private final UUID node = new UUID(1, 1);
  private final UUID other = new UUID(1, 2);

  /** The rounds that look, counted from 1. */
  private List<Integer> looks(int rounds) {
    return IntStream.rangeClosed(1, rounds).filter(round -> pace.isDue()).boxed().toList();
  }

  private void assertUsual() {
    assertThat(looks(18)).containsExactly(9, 18);
  }

  @Test
  void oneRoundOfNineLooksWhileAllNodesAreThere() {
    assertUsual();
  }

  @Test
  void theNextThreeRoundsLookAfterAnEvent() {
    for (NodeEvent event : List.of(new NodeEvent.Joined(node), new NodeEvent.Missed(node))) {
      pace.changed(event);
      assertThat(looks(3)).containsExactly(1, 2, 3);
      assertUsual();
    }
  }

  @Test
  void anEventWhileTheyLookBeginsAnew() {
    pace.changed(new NodeEvent.Missed(node));
    assertThat(looks(2)).hasSize(2);
    pace.changed(new NodeEvent.Missed(node));
    assertThat(looks(12)).containsExactly(1, 2, 3, 12);
  }

  @Test
  void oneRoundOfThreeLooksAsLongAsANodeIsMissing() {
    for (NodeEvent event :
        List.of(
            new NodeEvent.Joined(node),
            new NodeEvent.Joined(other),
            new NodeEvent.Left(node),
            new NodeEvent.Left(other),
            new NodeEvent.Joined(node))) {
      pace.changed(event);
    }
    assertThat(looks(9)).containsExactly(1, 2, 3, 6, 9);
    pace.changed(new NodeEvent.Joined(new UUID(1, 3)));
    assertThat(looks(3)).hasSize(3);
    assertUsual();
  }
}
