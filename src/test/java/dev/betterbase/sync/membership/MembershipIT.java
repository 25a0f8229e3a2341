package dev.betterbase.sync.membership;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The membership log over real sockets (methods.md, Membership). */
@IntegrationTest
class MembershipIT {
  private static final int MIB = 1024 * 1024;

  private final SharedSpace space = SharedSpace.create(TestServer.shared());
  private final Member admin = space.admin();

  private static Map<String, Object> entry(
      Member by, int expectedVersion, byte @Nullable [] prevHash, byte[] payload) {
    Map<String, Object> params =
        by.params(
            "expected_version",
            expectedVersion,
            "entry_hash",
            Sha256.of(payload),
            "payload",
            payload);
    if (prevHash != null) {
      params.put("prev_hash", prevHash);
    }
    return params;
  }

  private static List<String> fields(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonNode list(WireClient client, Member by, Object... more) {
    return client.request("membership.list", by.params(more)).ok();
  }

  @Test
  void whatIsAppendedIsListedToldAndPulled() {
    Member reader = space.invite("read");
    try (WireClient writing = admin.connect();
        WireClient watching = reader.connect();
        WireClient spelling = reader.connect()) {
      writing.request("subscribe", admin.spaces(0)).ok();
      watching.request("subscribe", reader.spaces(0)).ok();
      String shouted = space.id().toUpperCase(Locale.ROOT);
      spelling.request("subscribe", reader.spaces(0, "id", shouted)).ok();

      byte[] first = {1, 2, 3};
      byte[] second = Requests.blob(100);
      JsonNode reply = writing.request("membership.append", entry(admin, 0, null, first)).ok();
      assertThat(reply).hasToString("{\"chain_seq\":1,\"metadata_version\":1}");
      reply = writing.request("membership.append", entry(admin, 1, Sha256.of(first), second)).ok();
      assertThat(reply).hasToString("{\"chain_seq\":2,\"metadata_version\":2}");

      JsonNode told = watching.expectNotification("membership");
      assertThat(fields(told)).containsExactly("space", "cursor", "entries");
      assertThat(told.get("cursor").asLong()).isEqualTo(1);
      assertThat(fields(told.get("entries").get(0)))
          .containsExactly("chain_seq", "entry_hash", "payload");
      told = watching.expectNotification("membership");
      assertThat(told.get("space").asText()).isEqualTo(space.id());
      JsonNode entry = told.get("entries").get(0);
      assertThat(fields(entry)).containsExactly("chain_seq", "prev_hash", "entry_hash", "payload");
      assertThat(Requests.bytes(entry.get("prev_hash"))).isEqualTo(Sha256.of(first));
      assertThat(Requests.bytes(entry.get("payload"))).isEqualTo(second);
      assertThat(spelling.expectNotification("membership").get("space").asText())
          .isEqualTo(shouted);
      assertThat(writing.pollNotification("membership", Duration.ofMillis(300)))
          .as("whoever appended has the reply")
          .isEmpty();

      JsonNode listed = list(watching, reader);
      assertThat(fields(listed)).containsExactly("entries", "metadata_version");
      assertThat(listed.get("entries")).hasSize(2);
      assertThat(listed.get("entries").get(1)).isEqualTo(entry);
      assertThat(listed.get("metadata_version").asInt()).isEqualTo(2);
      assertThat(list(watching, reader, "since_seq", 1).get("entries")).hasSize(1);
      assertThat(list(watching, reader, "since_seq", 2).get("entries")).isEmpty();

      List<JsonNode> chunks = watching.request("pull", reader.spaces(0)).chunks();
      assertThat(chunks)
          .extracting(chunk -> chunk.get("name").asText())
          .containsExactly("pull.begin", "pull.membership", "pull.membership", "pull.commit");
      assertThat(chunks.get(2).get("data").get("entries").get(0)).isEqualTo(entry);
      assertThat(chunks.get(2).get("data").get("cursor").asLong()).isEqualTo(2);
    }
  }

  @Test
  void anEmptyLogIsListed() {
    try (WireClient client = admin.connect()) {
      assertThat(list(client, admin)).hasToString("{\"entries\":[],\"metadata_version\":0}");
      assertThat(list(client, admin, "since_seq", 7))
          .hasToString("{\"entries\":[],\"metadata_version\":0}");
    }
  }

  @ParameterizedTest
  @CsvSource({"1, false", "-1, false", "0, true"})
  void anotherVersionOrHashIsAConflict(int version, boolean withHash) {
    try (WireClient client = admin.connect()) {
      Map<String, Object> params =
          entry(admin, version, withHash ? new byte[32] : null, new byte[] {1});
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("conflict conflict");
      client.request("membership.append", entry(admin, 0, null, new byte[] {1})).ok();
      assertThat(client.request("membership.append", entry(admin, 1, null, new byte[] {2})).error())
          .as("the hash of the last is missing")
          .isEqualTo("conflict conflict");
      assertThat(list(client, admin).get("entries")).hasSize(1);
    }
  }

  @Test
  void checksComeInTheirOrder() {
    Member reader = space.invite("read");
    try (WireClient client = reader.connect()) {
      Map<String, Object> params = reader.params("expected_version", 0, "payload", new byte[] {1});
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("invalid_params invalid membership append params");
      params.put("entry_hash", new byte[31]);
      params.put("payload", new byte[0]);
      params.put("space", "here");
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("bad_request invalid space id");
      params.put("space", space.id());
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("bad_request entry_hash must be 32 bytes");
      params.put("entry_hash", new byte[32]);
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("bad_request payload must not be empty");
      params.put("payload", new byte[MIB + 1]);
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("payload_too_large payload too large");
      params.put("payload", new byte[MIB]);
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("bad_request entry_hash does not match SHA-256 of payload");
      params.put("entry_hash", Sha256.of(new byte[MIB]));
      assertThat(client.request("membership.append", params).error())
          .isEqualTo("forbidden forbidden");
      assertThat(client.request("membership.list", map("space", 5)).error())
          .isEqualTo("invalid_params invalid membership list params");
      assertThat(client.request("membership.list", map("space", "x")).error())
          .isEqualTo("bad_request invalid space id");
      assertThat(client.request("membership.revoke", map("space", space.id())).error())
          .isEqualTo("invalid_params invalid membership revoke params");
      assertThat(client.request("membership.revoke", map("space", "x", "ucan_cid", "x")).error())
          .isEqualTo("bad_request invalid space id");
      assertThat(
              client
                  .request("membership.revoke", reader.params("ucan_cid", "A".repeat(64)))
                  .error())
          .isEqualTo("bad_request invalid ucan cid");
    }
  }

  @Test
  void aLongLogComesInPages() {
    try (WireClient client = admin.connect()) {
      List<byte[]> payloads = new ArrayList<>();
      byte @Nullable [] previous = null;
      for (int i = 0; i < 9; i++) {
        byte[] payload = Requests.blob(i % 3 == 0 ? MIB : 600_000);
        client.request("membership.append", entry(admin, i, previous, payload)).ok();
        payloads.add(payload);
        previous = Sha256.of(payload);
      }
      JsonNode end = list(client, admin).get("entries");
      assertThat(end.size()).isBetween(3, 8);
      assertThat(end.get(end.size() - 1).get("chain_seq").asInt()).as("the head").isEqualTo(9);
      assertThat(end.get(0).get("chain_seq").asInt()).isEqualTo(10 - end.size());

      int since = 0;
      int pages = 0;
      while (since < 9) {
        JsonNode page = list(client, admin, "since_seq", since).get("entries");
        assertThat(page).isNotEmpty();
        for (JsonNode each : page) {
          assertThat(each.get("chain_seq").asInt()).isEqualTo(++since);
          assertThat(Requests.bytes(each.get("payload"))).isEqualTo(payloads.get(since - 1));
        }
        pages++;
      }
      assertThat(pages).isBetween(2, 4);
      assertThat(client.largestMessage()).isLessThanOrEqualTo(4 * MIB).isGreaterThan(3 * MIB);
    }
  }

  @Test
  void twentyWhoAppendAtOnceMakeOneChain() throws Exception {
    int writers = 20;
    try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        Member writer = space.invite("write");
        byte[] payload = ("entry of writer " + i).getBytes(StandardCharsets.UTF_8);
        running.add(threads.submit(() -> appendUntilItIsIn(writer, payload)));
      }
      List<Integer> seqs = new ArrayList<>();
      for (Future<Integer> each : running) {
        seqs.add(each.get(120, TimeUnit.SECONDS));
      }
      assertThat(seqs).doesNotHaveDuplicates().hasSize(writers);
    }
    try (WireClient client = admin.connect()) {
      JsonNode listed = list(client, admin);
      assertThat(listed.get("metadata_version").asInt()).isEqualTo(writers);
      byte @Nullable [] previous = null;
      int seq = 0;
      for (JsonNode each : listed.get("entries")) {
        assertThat(each.get("chain_seq").asInt()).isEqualTo(++seq);
        assertThat(each.has("prev_hash") ? Requests.bytes(each.get("prev_hash")) : null)
            .isEqualTo(previous);
        previous = Requests.bytes(each.get("entry_hash"));
        assertThat(previous).isEqualTo(Sha256.of(Requests.bytes(each.get("payload"))));
      }
      assertThat(seq).isEqualTo(writers);
      // Every entry has a cursor of its own.
      List<JsonNode> chunks = client.request("pull", admin.spaces(0)).chunks();
      long[] cursors =
          chunks.stream()
              .filter(chunk -> chunk.get("name").asText().equals("pull.membership"))
              .mapToLong(chunk -> chunk.get("data").get("cursor").asLong())
              .toArray();
      assertThat(cursors).isEqualTo(LongStream.rangeClosed(1, writers).toArray());
    }
  }

  private static int appendUntilItIsIn(Member writer, byte[] payload) {
    try (WireClient client = writer.connect()) {
      while (true) {
        JsonNode listed = list(client, writer);
        JsonNode entries = listed.get("entries");
        byte @Nullable [] head =
            entries.isEmpty()
                ? null
                : Requests.bytes(entries.get(entries.size() - 1).get("entry_hash"));
        WireClient.Reply reply =
            client.request(
                "membership.append",
                entry(writer, listed.get("metadata_version").asInt(), head, payload));
        if (reply.result() != null) {
          return reply.result().get("chain_seq").asInt();
        }
        assertThat(reply.error()).isEqualTo("conflict conflict");
      }
    }
  }

  @Test
  void whatIsNotInTheLogLeavesNoTrace() {
    try (WireClient client = admin.connect()) {
      byte[] good = {1};
      client.request("membership.append", entry(admin, 0, null, good)).ok();
      client.request("membership.append", entry(admin, 0, null, new byte[] {2})).error();
      JsonNode begin = client.request("pull", admin.spaces(0)).chunks().getFirst().get("data");
      assertThat(begin.get("cursor").asLong()).as("no cursor was used up").isEqualTo(1);
      assertThat(list(client, admin).get("entries")).hasSize(1);
    }
  }
}
