package dev.betterbase.sync.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.NodeEvent;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LookPaceTest {
  private final LookPace pace = new LookPace();
  private final UUID node = new UUID(1, 1);
  private final UUID other = new UUID(1, 2);

  private List<Boolean> rounds() {
    return Stream.generate(pace::isDue).limit(6).toList();
  }

  private void assertUsual() {
    assertThat(rounds()).containsExactly(false, false, true, false, false, true);
  }

  private void assertEachRound() {
    assertThat(rounds()).containsOnly(true);
  }

  @Test
  void oneRoundOfThreeIsEnoughWhileAllNodesAreThere() {
    assertUsual();
    pace.changed(new NodeEvent.Joined(node));
    pace.changed(new NodeEvent.Missed(node));
    assertUsual();
  }

  @Test
  void eachRoundLooksAsLongAsANodeIsMissing() {
    pace.changed(new NodeEvent.Joined(node));
    pace.changed(new NodeEvent.Joined(other));
    pace.changed(new NodeEvent.Left(node));
    pace.changed(new NodeEvent.Left(other));
    assertEachRound();
    pace.changed(new NodeEvent.Joined(node));
    assertEachRound();
    pace.changed(new NodeEvent.Joined(new UUID(1, 3)));
    assertUsual();
  }
}
