package dev.betterbase.sync.epoch;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The removal of a member as the SDK does it, from end to end: revoke, a new epoch whose
 * predecessors are refused, every DEK read and rewrapped, the epoch completed, every remaining
 * member appended anew; while others push, and the removed one tries with what it has.
 */
@IntegrationTest
class MemberRemovalIT {
  private static final int RECORDS = 500;
  private static final int EPOCH = 2;

  private final SharedSpace space = SharedSpace.create(TestServer.shared());
  private final Member admin = space.admin();

  /** Whoever pushes wraps under this epoch: a member that learns of a new one goes on under it. */
  private final AtomicBoolean rotated = new AtomicBoolean();

  private final AtomicBoolean done = new AtomicBoolean();

  /** What a member who stayed wrote, and what became of it. */
  private record Written(Set<String> records, int stale) {}

  private static Map<String, Object> write(Member by, String id, long expected, int epoch) {
    return by.params(
        "changes", List.of(Requests.put(id, expected, new byte[] {1}, Requests.dek(epoch))));
  }

  private static int epochOf(JsonNode dek) {
    return ByteBuffer.wrap(Requests.bytes(dek)).getInt();
  }

  @Test
  void aMemberIsRemovedWhileOthersPush() throws Exception {
    Member removed = space.invite("write");
    List<Member> staying = List.of(space.invite("write"), space.invite("write"));
    fill();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Written>> writing = new ArrayList<>();
      for (Member each : staying) {
        writing.add(threads.submit(() -> keepWriting(each)));
      }
      Future<Set<String>> trying = threads.submit(() -> keepTrying(removed));
      Thread.sleep(200);
      try (WireClient client = admin.connect()) {
        client.request("membership.revoke", admin.params("ucan_cid", removed.cid())).ok();
        assertThat(
                client
                    .request(
                        "epoch.begin", admin.params("epoch", EPOCH, "set_min_key_generation", true))
                    .ok())
            .hasToString("{\"epoch\":2}");
        rotated.set(true);
        rewrapUntilItHolds(client);
        client.request("epoch.complete", admin.params("epoch", EPOCH)).ok();
        client.request("epoch.complete", admin.params("epoch", EPOCH)).ok();
        appendAnew(client, staying.size() + 1);
      }
      done.set(true);
      Set<String> all = new HashSet<>();
      int stale = 0;
      for (Future<Written> each : writing) {
        Written written = each.get(60, TimeUnit.SECONDS);
        all.addAll(written.records());
        stale += written.stale();
      }
      assertThat(stale).as("those who had not heard of the epoch were told").isPositive();
      all.addAll(trying.get(60, TimeUnit.SECONDS));
      assertEveryDekIsOfTheNewEpoch(all);
    }
  }

  private void fill() {
    try (WireClient client = admin.connect()) {
      List<Map<String, Object>> changes = new ArrayList<>();
      for (int i = 0; i < RECORDS; i++) {
        changes.add(Requests.put(newId(), 0, Requests.blob(50), Requests.dek(1)));
      }
      client.request("push", admin.params("changes", changes)).ok();
    }
  }

  /** New records and new versions of them, under whichever epoch is known. */
  private Written keepWriting(Member member) {
    Set<String> records = new HashSet<>();
    int stale = 0;
    int epoch = 1;
    try (WireClient client = member.connect()) {
      // On a busy machine the epoch may be complete before the first push, which is told then.
      while (!done.get() || stale == 0) {
        String id = newId();
        JsonNode result = client.request("push", write(member, id, 0, epoch)).ok();
        if (result.get("ok").asBoolean()) {
          records.add(id);
          long cursor = result.get("cursor").asLong();
          client.request("push", write(member, id, cursor, epoch)).ok();
        } else {
          // As the SDK does: it pulls, learns of the epoch, and goes on under it.
          assertThat(result.get("error").asText()).isEqualTo("key_generation_stale");
          stale++;
          epoch =
              client
                  .request("pull", member.spaces(1L << 40))
                  .chunks()
                  .getFirst()
                  .get("data")
                  .get("key_generation")
                  .asInt();
        }
      }
    }
    return new Written(records, stale);
  }

  /** What it wrote before it was revoked; from then on everything that it tries is refused. */
  private Set<String> keepTrying(Member removed) {
    Set<String> records = new HashSet<>();
    boolean refused = false;
    try (WireClient client = removed.connect()) {
      while (!done.get() || !refused) {
        boolean mustFail = rotated.get();
        String id = newId();
        JsonNode result = client.request("push", write(removed, id, 0, EPOCH)).ok();
        boolean read = !client.request("pull", removed.spaces(0)).chunks().isEmpty();
        boolean listed = client.request("membership.list", removed.params()).result() != null;
        if (result.get("ok").asBoolean()) {
          records.add(id);
        }
        if (mustFail) {
          assertThat(result.toString()).isEqualTo("{\"ok\":false,\"error\":\"forbidden\"}");
          assertThat(read || listed).isFalse();
          refused = true;
        }
      }
    }
    return records;
  }

  private void rewrapUntilItHolds(WireClient client) throws InterruptedException {
    for (int attempt = 0; attempt < 50; attempt++) {
      List<Map<String, Object>> deks = new ArrayList<>();
      for (JsonNode chunk : client.request("deks.get", admin.params()).chunks()) {
        String id = chunk.get("data").get("id").asText();
        deks.add(map("id", id, "dek", Requests.dek(EPOCH)));
      }
      WireClient.Reply reply = client.request("deks.rewrap", admin.params("deks", deks));
      if (reply.result() != null) {
        assertThat(reply.result().get("count").asInt()).isEqualTo(deks.size());
        return;
      }
      assertThat(reply.error()).isEqualTo("conflict record changed since deks.get");
      Thread.sleep(20);
    }
    throw new AssertionError("no rewrap held");
  }

  private void appendAnew(WireClient client, int members) {
    byte @Nullable [] previous = null;
    for (int i = 0; i < members; i++) {
      byte[] payload = ("member " + i).getBytes(StandardCharsets.UTF_8);
      Map<String, Object> params =
          admin.params("expected_version", i, "entry_hash", Sha256.of(payload), "payload", payload);
      if (previous != null) {
        params.put("prev_hash", previous);
      }
      client.request("membership.append", params).ok();
      previous = Sha256.of(payload);
    }
  }

  private void assertEveryDekIsOfTheNewEpoch(Set<String> written) {
    try (WireClient client = admin.connect()) {
      Map<String, Integer> epochs = new HashMap<>();
      for (JsonNode chunk : client.request("deks.get", admin.params()).chunks()) {
        JsonNode data = chunk.get("data");
        epochs.put(data.get("id").asText(), epochOf(data.get("dek")));
      }
      assertThat(epochs).hasSize(RECORDS + written.size());
      assertThat(epochs.keySet()).containsAll(written);
      assertThat(epochs.values()).containsOnly(EPOCH);
      JsonNode listed = client.request("membership.list", admin.params()).ok();
      assertThat(listed.get("entries")).hasSize(3);
      JsonNode begun = client.request("pull", admin.spaces(0)).chunks().getFirst().get("data");
      assertThat(begun.get("key_generation").asInt()).isEqualTo(EPOCH);
      assertThat(begun.has("rewrap_epoch")).isFalse();
    }
  }
}
