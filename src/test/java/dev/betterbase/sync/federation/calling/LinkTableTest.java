package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many links to home servers there may be, and which are forgotten. */
class LinkTableTest {
  private static final Duration UNUSED = Duration.ofMinutes(10);

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final WantedLinks events = new WantedLinks();
  private final AtomicLong now = new AtomicLong();
  private final LinkTable table =
      new LinkTable(
          HomeLinks.MOST,
          address -> new HomeLink(address, new HomeDialer(), timer, events, now::get));

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private static HomeAddress home(int number) {
    return HomeAddress.of("home-" + number + ".example").orElseThrow();
  }

  private HomeLink find(int number) {
    return table.find(home(number)).orElseThrow();
  }

  @Test
  void anAddressHasOneLink() {
    HomeLink link = find(1);

    assertThat(find(1)).isSameAs(link);
    assertThat(find(2)).isNotSameAs(link);
  }

  @Test
  void aThousandLinksAreEnough() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(table.find(home(i))).isPresent();
    }
    HomeLink first = find(0);

    assertThat(table.find(home(1_000))).isEmpty();
    assertThat(table.find(home(1_001))).isEmpty();
    assertThat(table.all()).hasSize(1_000);
    assertThat(find(0)).as("what is there goes on").isSameAs(first);
  }

  @Test
  void whatNobodyUsesIsForgottenAndMakesRoom() {
    for (int i = 0; i < HomeLinks.MOST; i++) {
      table.find(home(i));
    }
    HomeLink used = find(0);
    HomeLink wanted = find(1);
    HomeLink unused = find(2);
    events.wanted.add(wanted);
    now.addAndGet(UNUSED.toNanos() - 1);
    assertThat(table.forgetUnused(UNUSED)).as("not yet").isEmpty();
    find(0);
    now.addAndGet(1);

    assertThat(table.forgetUnused(UNUSED))
        .hasSize(HomeLinks.MOST - 2)
        .contains(unused)
        .doesNotContain(used, wanted);
    assertThat(table.all()).containsExactlyInAnyOrder(used, wanted);
    assertThat(table.find(home(HomeLinks.MOST))).as("there is room again").isPresent();
    assertThat(find(2)).as("a forgotten home has a new link").isNotSameAs(unused);
  }
}
