package dev.betterbase.sync.epoch;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Epochs and DEKs over real sockets (methods.md, Epochs and DEKs). */
@IntegrationTest
class EpochIT {
  private final TestServer server = TestServer.shared();
  private final SharedSpace space = SharedSpace.create(server);
  private final Member admin = space.admin();

  private static JsonNode begin(WireClient client, Member by, int epoch, Object... more) {
    Map<String, Object> params = by.params("epoch", epoch);
    params.putAll(map(more));
    return client.request("epoch.begin", params).ok();
  }

  private static long put(WireClient client, Member by, String id, long expected, byte[] dek) {
    JsonNode result =
        client
            .request(
                "push",
                by.params("changes", List.of(Requests.put(id, expected, new byte[] {1}, dek))))
            .ok();
    assertThat(result.get("ok").asBoolean()).as(result.toString()).isTrue();
    return result.get("cursor").asLong();
  }

  private static Map<String, byte[]> deks(WireClient client, Member by) {
    WireClient.Reply reply = client.request("deks.get", by.params());
    Map<String, byte[]> deks = new HashMap<>();
    for (JsonNode chunk : reply.chunks()) {
      deks.put(chunk.get("data").get("id").asText(), Requests.bytes(chunk.get("data").get("dek")));
    }
    assertThat(reply.ok().get("_chunks").asInt()).isEqualTo(deks.size());
    return deks;
  }

  private static WireClient.Reply rewrap(WireClient client, Member by, Object... idsAndDeks) {
    List<Map<String, Object>> deks = new ArrayList<>();
    for (int i = 0; i < idsAndDeks.length; i += 2) {
      deks.add(map("id", idsAndDeks[i], "dek", idsAndDeks[i + 1]));
    }
    return client.request("deks.rewrap", by.params("deks", deks));
  }

  @Test
  void anEpochBeginsOnceAndIsCompleted() {
    try (WireClient client = admin.connect()) {
      assertThat(begin(client, admin, 2)).hasToString("{\"epoch\":2}");
      assertThat(begin(client, admin, 2))
          .hasToString("{\"error\":\"epoch_conflict\",\"current_epoch\":2,\"rewrap_epoch\":2}");
      assertThat(begin(client, admin, 3))
          .as("a rewrap is in progress")
          .hasToString("{\"error\":\"epoch_conflict\",\"current_epoch\":2,\"rewrap_epoch\":2}");
      JsonNode subscribed = client.request("subscribe", admin.spaces(0)).ok().get("spaces").get(0);
      assertThat(subscribed)
          .hasToString(
              "{\"id\":\"%s\",\"cursor\":0,\"key_generation\":2,\"rewrap_epoch\":2}"
                  .formatted(space.id()));
      JsonNode begun = client.request("pull", admin.spaces(0)).chunks().getFirst().get("data");
      assertThat(begun.get("rewrap_epoch").asInt()).isEqualTo(2);

      assertThat(client.request("epoch.complete", admin.params("epoch", 3)).error())
          .isEqualTo("conflict epoch mismatch");
      assertThat(client.request("epoch.complete", admin.params("epoch", 2)).ok()).hasToString("{}");
      assertThat(client.request("epoch.complete", admin.params("epoch", 2)).ok())
          .as("another admin was first")
          .hasToString("{}");
      assertThat(client.request("epoch.complete", admin.params("epoch", 1)).error())
          .isEqualTo("conflict epoch mismatch");
      assertThat(begin(client, admin, 4))
          .hasToString("{\"error\":\"epoch_conflict\",\"current_epoch\":2}");
      assertThat(begin(client, admin, 3)).hasToString("{\"epoch\":3}");
    }
  }

  @Test
  void ofTwoAdminsOneBegins() {
    Member other = space.invite("admin");
    try (WireClient first = admin.connect();
        WireClient second = other.connect()) {
      String one = first.start("epoch.begin", admin.params("epoch", 2));
      String two = second.start("epoch.begin", other.params("epoch", 2));
      assertThat(first.await(one).ok().has("epoch") ^ second.await(two).ok().has("epoch")).isTrue();
    }
  }

  @Test
  void theMinimumIsRaisedWhereItIsAskedFor() {
    Member writer = space.invite("write");
    try (WireClient client = admin.connect();
        WireClient writing = writer.connect()) {
      put(writing, writer, newId(), 0, Requests.dek(1));
      begin(client, admin, 2);
      put(writing, writer, newId(), 0, Requests.dek(1));
      client.request("epoch.complete", admin.params("epoch", 2)).ok();
      begin(client, admin, 3, "set_min_key_generation", true);
      JsonNode refused =
          writing
              .request(
                  "push",
                  writer.params(
                      "changes", List.of(Requests.put(newId(), 0, new byte[1], Requests.dek(2)))))
              .ok();
      assertThat(refused).hasToString("{\"ok\":false,\"error\":\"key_generation_stale\"}");
      put(writing, writer, newId(), 0, Requests.dek(3));
    }
  }

  @Test
  void deksComeAsChunksAndAsAList() {
    try (WireClient client = admin.connect()) {
      String first = newId();
      String second = newId();
      byte[] dek = Requests.dek(1);
      put(client, admin, first, 0, dek);
      put(client, admin, second, 0, Requests.dek(1));
      String without = newId();
      client
          .request(
              "push", admin.params("changes", List.of(Requests.put(without, 0, new byte[] {1}))))
          .ok();
      String deleted = newId();
      long cursor = put(client, admin, deleted, 0, Requests.dek(1));
      client
          .request("push", admin.params("changes", List.of(Requests.delete(deleted, cursor))))
          .ok();

      WireClient.Reply reply = client.request("deks.get", admin.params());
      assertThat(reply.chunks()).hasSize(2);
      JsonNode chunk = reply.chunks().getFirst();
      assertThat(chunk.get("name").asText()).isEqualTo("deks.record");
      JsonNode data = chunk.get("data");
      assertThat(data.get("id").asText()).isEqualTo(first);
      assertThat(Requests.bytes(data.get("dek"))).isEqualTo(dek);
      assertThat(data.get("seq").asLong()).isEqualTo(1);
      assertThat(data).hasSize(3);
      JsonNode result = reply.ok();
      assertThat(result.get("deks").get(0)).isEqualTo(data);
      assertThat(result.get("deks")).hasSize(2);
      assertThat(result.get("_chunks").asInt()).isEqualTo(2);
      assertThat(result.fieldNames()).toIterable().containsExactly("deks", "_chunks");

      assertThat(client.request("deks.get", admin.params("since", 1)).chunks()).hasSize(1);
      assertThat(client.request("deks.get", admin.params("since", 99)).ok())
          .hasToString("{\"deks\":[],\"_chunks\":0}");
      assertThat(client.request("deks.getFiles", admin.params()).ok())
          .hasToString("{\"deks\":[],\"_chunks\":0}");
      assertThat(client.request("deks.get", map("space", space.id(), "since", "x")).error())
          .isEqualTo("invalid_params invalid deks get params");
      assertThat(client.request("file.deks.get", map("space", 1)).error())
          .isEqualTo("invalid_params invalid file deks get params");
      assertThat(client.request("deks.get", map("space", "x")).error())
          .isEqualTo("bad_request invalid space id");
    }
  }

  @Test
  void aListThatWouldNotFitIsLeftOut() {
    TestUser owner = server.newUser();
    try (WireClient client = server.connect(owner)) {
      int records = 40_000;
      for (int done = 0; done < records; done += 10_000) {
        List<Map<String, Object>> changes =
            IntStream.range(0, 10_000)
                .mapToObj(i -> Requests.put(newId(), 0, new byte[0], Requests.dek(0)))
                .toList();
        assertThat(
                client
                    .request("push", Requests.push(owner.personalSpace(), changes))
                    .ok()
                    .get("ok")
                    .asBoolean())
            .isTrue();
      }
      var seen = new HashSet<String>();
      String get = client.start("deks.get", map("space", owner.personalSpace()));
      JsonNode result =
          client.await(get, chunk -> seen.add(chunk.get("data").get("id").asText())).ok();
      assertThat(result).hasToString("{\"_chunks\":40000}");
      assertThat(seen).hasSize(records);
      assertThat(client.largestMessage()).isLessThanOrEqualTo(4 * 1024 * 1024);
      get = client.start("deks.get", map("space", owner.personalSpace(), "since", 1));
      result = client.await(get, chunk -> {}).ok();
      assertThat(result.get("deks")).as("30,000 fit").hasSize(30_000);
    }
  }

  @Test
  void aRewrapIsAllOrNothingAndMovesNoCursor() {
    try (WireClient client = admin.connect()) {
      String first = newId();
      String second = newId();
      byte[] old = Requests.dek(1);
      put(client, admin, first, 0, old);
      put(client, admin, second, 0, old);
      begin(client, admin, 2);
      byte[] fresh = Requests.dek(2);
      assertThat(rewrap(client, admin, first, Requests.dek(1)).error())
          .isEqualTo("conflict DEK epoch does not match current key generation");
      assertThat(rewrap(client, admin, first, fresh, second, Requests.dek(3)).error())
          .isEqualTo("conflict DEK epoch does not match current key generation");
      assertThat(rewrap(client, admin, first, fresh, newId(), fresh).error())
          .isEqualTo("bad_request one or more DEK records were not found");
      assertThat(rewrap(client, admin, "here", fresh).error())
          .isEqualTo("bad_request invalid record: id must be a valid UUID");
      assertThat(rewrap(client, admin, first, new byte[43]).error())
          .isEqualTo("bad_request invalid record: wrapped DEK must be exactly 44 bytes");
      assertThat(deks(client, admin).get(first)).isEqualTo(old);

      assertThat(rewrap(client, admin, first, fresh, second, fresh).ok())
          .hasToString("{\"ok\":true,\"count\":2}");
      assertThat(deks(client, admin).get(first)).isEqualTo(fresh);
      assertThat(rewrap(client, admin, first, fresh, second, fresh).ok())
          .as("once more")
          .hasToString("{\"ok\":true,\"count\":2}");
      JsonNode begun = client.request("pull", admin.spaces(0)).chunks().getFirst().get("data");
      assertThat(begun.get("cursor").asLong()).isEqualTo(2);
      assertThat(
              client
                  .request(
                      "deks.rewrapFiles",
                      admin.params("deks", List.of(map("id", newId(), "dek", fresh))))
                  .error())
          .isEqualTo("bad_request one or more file DEK records were not found");
      assertThat(client.request("file.deks.rewrap", admin.params("deks", List.of())).ok())
          .hasToString("{\"ok\":true,\"count\":0}");
      assertThat(client.request("deks.rewrap", admin.params("deks", 5)).error())
          .isEqualTo("invalid_params invalid deks rewrap params");
      assertThat(client.request("deks.rewrapFiles", admin.params()).error())
          .isEqualTo("invalid_params invalid file deks rewrap params");
    }
  }

  @Test
  void tombstonesAreSkippedAndNotCounted() {
    try (WireClient client = admin.connect()) {
      String kept = newId();
      String deleted = newId();
      put(client, admin, kept, 0, Requests.dek(1));
      long cursor = put(client, admin, deleted, 0, Requests.dek(1));
      client
          .request("push", admin.params("changes", List.of(Requests.delete(deleted, cursor))))
          .ok();
      begin(client, admin, 2);
      assertThat(rewrap(client, admin, kept, Requests.dek(2), deleted, Requests.dek(2)).ok())
          .hasToString("{\"ok\":true,\"count\":1}");
      assertThat(deks(client, admin)).containsOnlyKeys(kept);
    }
  }

  @Test
  void aFreshDekIsNotOverwrittenWhileARewrapIsInProgress() {
    Member writer = space.invite("write");
    try (WireClient client = admin.connect();
        WireClient writing = writer.connect()) {
      String record = newId();
      long cursor = put(writing, writer, record, 0, Requests.dek(1));
      begin(client, admin, 2);
      deks(client, admin);
      byte[] pushed = Requests.dek(2);
      put(writing, writer, record, cursor, pushed);
      assertThat(rewrap(client, admin, record, Requests.dek(2)).ok())
          .hasToString("{\"ok\":true,\"count\":1}");
      assertThat(deks(client, admin).get(record)).isEqualTo(pushed);

      client.request("epoch.complete", admin.params("epoch", 2)).ok();
      byte[] replaced = Requests.dek(2);
      assertThat(rewrap(client, admin, record, replaced).ok())
          .hasToString("{\"ok\":true,\"count\":1}");
      assertThat(deks(client, admin).get(record)).as("with none in progress").isEqualTo(replaced);
    }
  }

  @Test
  void whatWasWrittenAfterTheReadingIsNotRewrapped() {
    Member writer = space.invite("write");
    try (WireClient client = admin.connect();
        WireClient another = admin.connect();
        WireClient writing = writer.connect()) {
      String record = newId();
      String untouched = newId();
      long cursor = put(writing, writer, record, 0, Requests.dek(1));
      put(writing, writer, untouched, 0, Requests.dek(1));
      begin(client, admin, 2);
      deks(client, admin);
      byte[] late = Requests.dek(1);
      put(writing, writer, record, cursor, late);
      assertThat(rewrap(client, admin, untouched, Requests.dek(2), record, Requests.dek(2)).error())
          .isEqualTo("conflict record changed since deks.get");
      assertThat(deks(client, admin).get(record)).isEqualTo(late);
      assertThat(rewrap(client, admin, untouched, Requests.dek(2), record, Requests.dek(2)).ok())
          .as("after it was read anew")
          .hasToString("{\"ok\":true,\"count\":2}");
      put(writing, writer, record, 3, Requests.dek(1));
      assertThat(rewrap(another, admin, record, Requests.dek(2)).ok())
          .as("a connection that has not read")
          .hasToString("{\"ok\":true,\"count\":1}");
    }
  }
}
