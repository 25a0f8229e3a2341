package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When the connection to a home server may be forgotten. */
class HomeLinkTest {
  private static final Duration UNUSED = Duration.ofHours(1);

  private final WantedLinks events = new WantedLinks();
  private final AtomicLong now = new AtomicLong();

  @Test
  void isUnusedWithoutCallAndSubscription() {
    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
      HomeAddress address = HomeAddress.of("home.example").orElseThrow();
      var link = new HomeLink(address, new HomeDialer(), timer, events, now::get);

      assertThat(link.isUnused(UNUSED)).as("just made").isFalse();
      now.addAndGet(UNUSED.toNanos());
      assertThat(link.isUnused(UNUSED)).isTrue();
      link.used();
      assertThat(link.isUnused(UNUSED)).as("just used").isFalse();
      now.addAndGet(UNUSED.toNanos());
      events.wanted.add(link);
      assertThat(link.isUnused(UNUSED)).as("a space is subscribed to").isFalse();
      link.stop();
    }
  }
}
