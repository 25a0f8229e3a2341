package dev.betterbase.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ShardChoiceTest {
  private static final int SPACES = 30_000;

  private static List<SpaceId> spaces() {
    Random random = new Random(1);
    return random
        .longs(SPACES)
        .mapToObj(high -> new SpaceId(new UUID(high, random.nextLong())))
        .toList();
  }

  private static double share(int number, List<Integer> weights) {
    return (double)
            spaces().stream().filter(space -> ShardChoice.of(space, weights) == number).count()
        / SPACES;
  }

  @Test
  void eachDatabaseGetsItsShare() {
    assertThat(share(1, List.of(1, 1, 1))).isCloseTo(1 / 3.0, within(0.02));
    assertThat(share(1, List.of(1, 3))).isCloseTo(0.25, within(0.02));
    assertThat(share(2, List.of(1, 3))).isCloseTo(0.75, within(0.02));
  }

  @Test
  void oneWithoutAWeightIsNeverChosen() {
    assertThat(spaces()).allMatch(space -> ShardChoice.of(space, List.of(0, 1, 0)) == 2);
    assertThatThrownBy(() -> ShardChoice.of(spaces().getFirst(), List.of(0, 0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void oneThatIsAddedTakesItsShareFromAllOthersAndMovesNothingBetweenThem() {
    int taken = 0;
    for (SpaceId space : spaces()) {
      int before = ShardChoice.of(space, List.of(1, 1));
      int after = ShardChoice.of(space, List.of(1, 1, 1));
      assertThat(after).isIn(before, 3);
      taken += after == 3 ? 1 : 0;
    }
    assertThat((double) taken / SPACES).isCloseTo(1 / 3.0, within(0.02));
  }
}
