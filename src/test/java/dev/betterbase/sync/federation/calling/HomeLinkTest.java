package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.ServerFrame;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When the connection to a home server may be forgotten. */
class HomeLinkTest {
  private static final Duration LONG = Duration.ofHours(1);

  private boolean wanted;

  private final HomeLink.Events events =
      new HomeLink.Events() {
        @Override
        public void notified(HomeLink link, ServerFrame.Notification notification) {}

        @Override
        public CompletionStage<?> opened(HomeLink link, HomeSession session) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public void called(HomeLink link, String method, long nanos, @Nullable Throwable failure) {}

        @Override
        public boolean isWanted(HomeLink link) {
          return wanted;
        }
      };

  @Test
  void isUnusedWithoutCallAndSubscription() {
    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
      HomeAddress address = HomeAddress.of("home.example").orElseThrow();
      var link = new HomeLink(address, new HomeDialer(), timer, events);

      assertThat(link.isUnused(Duration.ZERO)).isTrue();
      assertThat(link.isUnused(LONG)).as("just made").isFalse();
      wanted = true;
      assertThat(link.isUnused(Duration.ZERO)).as("a space is subscribed to").isFalse();
      link.stop();
    }
  }
}
