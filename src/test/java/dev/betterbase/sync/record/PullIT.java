package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import dev.betterbase.sync.testing.WireClient.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** methods.md: pull. */
@IntegrationTest
class PullIT {
  private static final byte[] BLOB = {4, 1, 2, 3};

  private final TestServer server = TestServer.shared();
  private final TestUser user = server.newUser();
  private final String space = user.personalSpace();
  private WireClient client;

  @BeforeEach
  void connect() {
    client = server.connect(user);
  }

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void emptySpaceThatNobodyUsedBefore() {
    Reply reply = client.request("pull", pull(space, 0));
    assertThat(names(reply)).containsExactly("pull.begin", "pull.commit");
    assertThat(data(reply, 0)).isEqualTo(begin(space, 0, 0));
    assertThat(data(reply, 1)).isEqualTo(commit(space, 0, 0, 0));
    assertThat(reply.ok()).isEqualTo(WireClient.CBOR.createObjectNode().put("_chunks", 2));
  }

  @Test
  void everythingAfterSinceInOrder() {
    List<String> first = ids(5);
    List<String> second = ids(3);
    store(first, 0);
    store(second, 0);
    Collections.sort(first);
    Collections.sort(second);

    Reply all = client.request("pull", pull(space, 0));
    List<String> expected = new ArrayList<>(first);
    expected.addAll(second);
    assertThat(recordIds(all)).isEqualTo(expected);
    assertThat(data(all, 0)).isEqualTo(begin(space, 0, 2));
    assertThat(data(all, 9)).isEqualTo(commit(space, 0, 2, 8));
    assertThat(all.ok().get("_chunks").intValue()).isEqualTo(10);

    Reply late = client.request("pull", pull(space, 1));
    assertThat(recordIds(late)).isEqualTo(second);
    assertThat(data(late, 0)).isEqualTo(begin(space, 1, 2));
    assertThat(data(late, 4)).isEqualTo(commit(space, 1, 2, 3));
  }

  @Test
  void rewrittenRecordMovesToItsLastCursor() {
    List<String> ids = ids(3);
    store(ids, 0);
    store(ids.subList(0, 1), 1);
    assertThat(recordIds(client.request("pull", pull(space, 0)))).endsWith(ids.get(0)).hasSize(3);
    assertThat(recordIds(client.request("pull", pull(space, 1)))).containsExactly(ids.get(0));
  }

  @Test
  void firstSyncLeavesOutTombstones() {
    List<String> ids = ids(2);
    store(ids, 0);
    client.request("push", push(space, delete(ids.get(0), 1))).ok();
    Reply first = client.request("pull", pull(space, 0));
    assertThat(recordIds(first)).containsExactly(ids.get(1));
    assertThat(data(first, 2)).isEqualTo(commit(space, 0, 2, 1));

    Reply later = client.request("pull", pull(space, 1));
    ObjectNode tombstone =
        WireClient.CBOR
            .createObjectNode()
            .put("space", space)
            .put("id", ids.get(0))
            .put("cursor", 2)
            .put("deleted", true);
    assertThat(data(later, 1)).isEqualTo(tombstone);
    assertThat(data(later, 2)).isEqualTo(commit(space, 1, 2, 1));
  }

  @Test
  void negativeSinceIsZero() {
    List<String> ids = ids(2);
    store(ids, 0);
    client.request("push", push(space, delete(ids.get(0), 1))).ok();
    Reply reply = client.request("pull", pull(space, Long.MIN_VALUE));
    assertThat(recordIds(reply)).containsExactly(ids.get(1));
    assertThat(data(reply, 0)).isEqualTo(begin(space, 0, 2));
    assertThat(data(reply, 2)).isEqualTo(commit(space, 0, 2, 1));
  }

  @Test
  void sinceAheadOfTheSpace() {
    store(ids(1), 0);
    Reply reply = client.request("pull", pull(space, 99));
    assertThat(names(reply)).containsExactly("pull.begin", "pull.commit");
    assertThat(data(reply, 0)).isEqualTo(begin(space, 99, 1));
    assertThat(data(reply, 1)).isEqualTo(commit(space, 99, 1, 0));
  }

  @Test
  void replyKeepsTheSpelling() {
    store(ids(1), 0);
    for (String spelling :
        List.of(
            space.toUpperCase(Locale.ROOT),
            space.replace("-", ""),
            "urn:uuid:" + space.toUpperCase(Locale.ROOT),
            "{" + space + "}")) {
      Reply reply = client.request("pull", pull(spelling, 0));
      assertThat(reply.chunks())
          .hasSize(3)
          .allSatisfy(chunk -> assertThat(chunk.at("/data/space").textValue()).isEqualTo(spelling));
    }
  }

  @Test
  void spacesThatCannotBeReadAreSkipped() {
    store(ids(1), 0);
    Reply reply =
        client.request(
            "pull",
            map(
                "spaces",
                List.of(
                    map("id", "junk", "since", 0),
                    map("id", server.newUser().personalSpace(), "since", 0),
                    map("id", newId(), "since", 0),
                    map("id", space, "since", 0),
                    map("id", space.replace("-", ""), "since", 1))));
    assertThat(names(reply))
        .containsExactly("pull.begin", "pull.record", "pull.commit", "pull.begin", "pull.commit");
    assertThat(reply.ok().get("_chunks").intValue()).isEqualTo(5);
  }

  @Test
  void noSpaces() {
    Reply reply = client.request("pull", map("spaces", List.of()));
    assertThat(reply.chunks()).isEmpty();
    assertThat(reply.ok().toString()).isEqualTo("{\"_chunks\":0}");
  }

  @Test
  void moreThan1000Spaces() {
    List<Object> spaces = new ArrayList<>();
    for (int i = 0; i < 1_001; i++) {
      spaces.add(map("id", newId(), "since", 0));
    }
    assertThat(client.request("pull", map("spaces", spaces)).error())
        .isEqualTo("bad_request too many spaces in pull request");
    spaces.removeLast();
    assertThat(client.request("pull", map("spaces", spaces)).chunks()).isEmpty();
  }

  @Test
  void invalidParams() {
    String error = "invalid_params invalid pull params";
    for (Object params :
        new Object[] {
          null,
          List.of(),
          map("spaces", map()),
          map("spaces", List.of("x")),
          map("spaces", List.of(map("id", 1, "since", 0))),
          map("spaces", List.of(map("id", space, "since", "0"))),
        }) {
      assertThat(client.request("pull", params).error()).isEqualTo(error);
    }
  }

  private void store(List<String> ids, long expectedCursor) {
    List<?> changes = ids.stream().map(id -> put(id, expectedCursor, BLOB)).toList();
    JsonNode result = client.request("push", push(space, changes)).ok();
    assertThat(result.get("ok").booleanValue()).isTrue();
  }

  private static List<String> ids(int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(newId());
    }
    return ids;
  }

  private static List<String> names(Reply reply) {
    return reply.chunks().stream().map(chunk -> chunk.get("name").textValue()).toList();
  }

  private static JsonNode data(Reply reply, int chunk) {
    return reply.chunks().get(chunk).get("data");
  }

  private static List<String> recordIds(Reply reply) {
    return reply.chunks().stream()
        .filter(chunk -> chunk.get("name").textValue().equals("pull.record"))
        .map(chunk -> chunk.at("/data/id").textValue())
        .toList();
  }

  private static JsonNode begin(String space, int prev, int cursor) {
    return WireClient.CBOR
        .createObjectNode()
        .put("space", space)
        .put("prev", prev)
        .put("cursor", cursor)
        .put("key_generation", 1);
  }

  private static JsonNode commit(String space, int prev, int cursor, int count) {
    return WireClient.CBOR
        .createObjectNode()
        .put("space", space)
        .put("prev", prev)
        .put("cursor", cursor)
        .put("count", count);
  }
}
