package dev.betterbase.sync.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A member that does not read is closed with 4006; the others miss nothing (protocol.md). */
@IntegrationTest
class SlowMemberIT {
  /** Entries do not give way to a marker: together they are more than may wait for anybody. */
  private static final int ENTRIES = 160;

  private static final int ENTRY_BYTES = 100_000;

  private final TestServer server = TestServer.shared();
  private final SharedSpace space = SharedSpace.create(server);
  private final Member admin = space.admin();

  @Test
  void aMemberThatDoesNotReadIsClosedAndTheOthersHearAll() throws Exception {
    Member slow = space.invite("read");
    List<Member> attentive = List.of(space.invite("read"), space.invite("write"));
    List<WireClient> listening = new ArrayList<>();
    try (WireClient stalled =
            WireClient.open(server.process().port(), 16 * 1024).authenticate(slow.token());
        WireClient appending = admin.connect()) {
      stalled.request("subscribe", slow.spaces(0)).ok();
      for (Member each : attentive) {
        WireClient client = each.connect();
        listening.add(client);
        client.request("subscribe", each.spaces(0)).ok();
      }
      byte @Nullable [] previous = null;
      for (int i = 0; i < ENTRIES; i++) {
        previous = append(appending, i, previous);
        for (WireClient client : listening) {
          JsonNode told = client.expectNotification("membership");
          assertThat(told.get("cursor").asInt()).isEqualTo(i + 1);
        }
      }
      stalled.expectClose(4006, "slow consumer");
      try (WireClient back = slow.connect()) {
        JsonNode subscribed = back.request("subscribe", slow.spaces(0)).ok().get("spaces").get(0);
        assertThat(subscribed.get("cursor").asInt()).isEqualTo(ENTRIES);
        assertThat(back.request("pull", slow.spaces(0)).chunks())
            .as("it comes back and catches up by its cursor")
            .hasSize(ENTRIES + 2);
      }
    } finally {
      listening.forEach(WireClient::close);
    }
  }

  private byte[] append(WireClient client, int version, byte @Nullable [] previous)
      throws Exception {
    byte[] payload = Requests.blob(ENTRY_BYTES);
    byte[] hash = Sha256.of(payload);
    Map<String, Object> params =
        admin.params("expected_version", version, "entry_hash", hash, "payload", payload);
    if (previous != null) {
      params.put("prev_hash", previous);
    }
    client.request("membership.append", params).ok();
    return hash;
  }
}
