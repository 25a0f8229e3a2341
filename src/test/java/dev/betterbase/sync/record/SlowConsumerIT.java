package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** protocol.md, 4006: a subscriber that does not read costs a bounded amount, and only itself. */
@IntegrationTest
class SlowConsumerIT {
  private static final int PUSHES = 600;
  private static final int BLOB = 100_000;

  private final TestServer server = TestServer.shared();
  private final TestUser user = server.newUser();
  private final String space = user.personalSpace();

  @Test
  void unreadSyncsCollapseIntoMarkers() {
    try (WireClient pusher = server.connect(user);
        WireClient attentive = server.connect(user);
        WireClient stalled = WireClient.open(server.process().port(), 32_768)) {
      stalled.authenticate(user.token());
      stalled.request("subscribe", subscribe(space, 0)).ok();
      Replica replica = new Replica(space).attach(attentive);
      for (int i = 1; i <= PUSHES; i++) {
        JsonNode result = pusher.request("push", push(space, put(newId(), 0, blob(BLOB)))).ok();
        assertThat(result.get("cursor").longValue()).isEqualTo(i);
        replica.follow(i);
      }
      assertThat(replica.pulls()).as("pulls of the one that reads").isZero();
      assertThat(replica.records()).hasSize(PUSHES);
      readWhatWasKept(stalled);
    }
  }

  // All it needs to catch up is there, or it was told to come back; nowhere near all 60 MB was
  // kept.
  private static void readWhatWasKept(WireClient stalled) {
    long cursor = 0;
    long bytes = 0;
    int markers = 0;
    while (cursor < PUSHES) {
      Optional<JsonNode> next = stalled.pollNotification("sync", Duration.ofSeconds(10));
      if (next.isEmpty()) {
        break;
      }
      JsonNode sync = next.get();
      long prev = sync.get("prev").longValue();
      long to = sync.get("cursor").longValue();
      assertThat(to).isGreaterThan(cursor);
      if (prev == to) {
        assertThat(sync.get("records")).isEmpty();
        markers++;
      } else {
        assertThat(prev).isEqualTo(to - 1);
        bytes += BLOB;
      }
      cursor = to;
    }
    if (stalled.isOpen()) {
      assertThat(cursor).isEqualTo(PUSHES);
      assertThat(markers).isPositive();
    } else {
      assertThat(stalled.closed())
          .hasValueSatisfying(
              close -> {
                assertThat(close.code()).isEqualTo(4006);
                assertThat(close.reason()).isEqualTo("slow consumer");
              });
    }
    assertThat(bytes).isLessThan(24_000_000);
  }
}
