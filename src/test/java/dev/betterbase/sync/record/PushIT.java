package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** methods.md: push, every row of its table that a personal space can reach. */
@IntegrationTest
class PushIT {
  private static final int LARGEST_BLOB = 4_193_904;
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
  void allChangesTakeOneNewCursor() {
    assertThat(succeed(put(newId(), 0, BLOB), put(newId(), 0, BLOB), put(newId(), 0, BLOB)))
        .isEqualTo(1);
    assertThat(succeed(put(newId(), 0, BLOB))).isEqualTo(2);
    assertThat(records(0))
        .extracting(it -> it.get("cursor").longValue())
        .containsExactly(1L, 1L, 1L, 2L);
  }

  @Test
  void recordIsStoredByteForByte() {
    String id = newId();
    byte[] blob = blob(1_000);
    byte[] dek = dek(0);
    succeed(put(id, 0, blob, dek));
    JsonNode stored = records(0).get(0);
    assertThat(stored.get("id").textValue()).isEqualTo(id);
    assertThat(binary(stored, "blob")).isEqualTo(blob);
    assertThat(binary(stored, "dek")).isEqualTo(dek);
    assertThat(stored.has("deleted")).isFalse();
  }

  @Test
  void updateReplacesBlobAndDek() {
    String id = newId();
    succeed(put(id, 0, BLOB, dek(1)));
    assertThat(succeed(put(id, 1, new byte[] {9}))).isEqualTo(2);
    assertThat(binary(records(0).get(0), "blob")).containsExactly(9);
  }

  @Test
  void emptyBlobIsNoTombstone() {
    succeed(put(newId(), 0, new byte[0]));
    JsonNode stored = records(0).get(0);
    assertThat(binary(stored, "blob")).isEmpty();
    assertThat(stored.has("deleted")).isFalse();
  }

  @Test
  void deleteLeavesATombstoneWithoutCiphertext() {
    String id = newId();
    succeed(put(id, 0, BLOB, dek(1)));
    assertThat(succeed(delete(id, 1))).isEqualTo(2);
    assertThat(records(0)).isEmpty();
    JsonNode tombstone = records(1).get(0);
    assertThat(tombstone.get("deleted").booleanValue()).isTrue();
    assertThat(tombstone.has("blob")).isFalse();
    assertThat(tombstone.has("dek")).isFalse();
    assertThat(succeed(put(id, 2, BLOB))).isEqualTo(3);
    assertThat(records(0)).hasSize(1);
  }

  @Test
  void nullBlobDeletesToo() {
    String id = newId();
    succeed(put(id, 0, BLOB));
    succeed(map("id", id, "blob", null, "expected_cursor", 1));
    assertThat(records(1).get(0).get("deleted").booleanValue()).isTrue();
  }

  @Test
  void noChangesSucceedWithTheCurrentCursor() {
    JsonNode first = client.request("push", push(space)).ok();
    assertThat(first.get("ok").booleanValue()).isTrue();
    assertThat(first.path("cursor").asLong()).isZero();
    succeed(put(newId(), 0, BLOB));
    succeed(put(newId(), 0, BLOB));
    assertThat(succeed()).isEqualTo(2);
    assertThat(succeed(put(newId(), 0, BLOB))).isEqualTo(3);
  }

  @Test
  void conflicts() {
    String id = newId();
    String gone = newId();
    succeed(put(id, 0, BLOB), put(gone, 0, BLOB));
    succeed(delete(gone, 1));
    for (Map<String, Object> change :
        List.of(
            put(id, 0, BLOB),
            put(gone, 0, BLOB),
            put(id, 2, BLOB),
            put(id, -1, BLOB),
            delete(id, 0),
            delete(id, 7),
            put(newId(), 1, BLOB),
            put(newId(), -1, BLOB),
            delete(newId(), 1),
            put(id, Long.MAX_VALUE, BLOB))) {
      assertThat(refused(change)).isEqualTo("conflict");
    }
    assertThat(succeed()).isEqualTo(2);
  }

  @Test
  void oneConflictStoresNothing() {
    String id = newId();
    succeed(put(id, 0, BLOB));
    assertThat(refused(put(newId(), 0, BLOB), put(id, 5, BLOB), put(newId(), 0, BLOB)))
        .isEqualTo("conflict");
    assertThat(records(0)).hasSize(1);
    assertThat(succeed(put(newId(), 0, BLOB))).isEqualTo(2);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void badRequest(String what, List<Object> changes) {
    assertThat(refused(changes.toArray())).isEqualTo("bad_request");
    assertThat(records(0)).isEmpty();
  }

  static Stream<Arguments> badRequest() {
    String id = newId();
    byte[] topBit = dek(0);
    topBit[0] = (byte) 0x80;
    return Stream.of(
        Arguments.of("id without hyphens", List.of(put(id.replace("-", ""), 0, BLOB))),
        Arguments.of("id as a URN", List.of(put("urn:uuid:" + id, 0, BLOB))),
        Arguments.of("id in braces", List.of(put("{" + id + "}", 0, BLOB))),
        Arguments.of("empty id", List.of(put("", 0, BLOB))),
        Arguments.of("one id twice", List.of(put(id, 0, BLOB), put(id, 0, BLOB))),
        Arguments.of(
            "one id twice in two cases",
            List.of(
                put("a" + id.substring(1), 0, BLOB),
                put("A" + id.substring(1).toUpperCase(Locale.ROOT), 0, BLOB))),
        Arguments.of("dek of 43", List.of(put(id, 0, BLOB, new byte[43]))),
        Arguments.of("dek of 45", List.of(put(id, 0, BLOB, new byte[45]))),
        Arguments.of("empty dek", List.of(put(id, 0, BLOB, new byte[0]))),
        Arguments.of("dek with its top bit", List.of(put(id, 0, BLOB, topBit))),
        Arguments.of("second change bad", List.of(put(newId(), 0, BLOB), put("x", 0, BLOB))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "00000000-0000-0000-0000-00000000000", "(%s)", " %s"})
  void badSpaceId(String id) {
    assertThat(client.request("push", push(String.format(Locale.ROOT, id, space))).ok())
        .isEqualTo(result("bad_request"));
  }

  @Test
  void badRequestComesBeforeForbidden() {
    String foreign = server.newUser().personalSpace();
    assertThat(client.request("push", push(foreign, put("x", 0, BLOB))).ok())
        .isEqualTo(result("bad_request"));
  }

  @Test
  void notOnesOwnSpaceIsForbidden() {
    TestUser other = server.newUser();
    try (WireClient theirs = server.connect(other)) {
      theirs.request("push", push(other.personalSpace(), put(newId(), 0, BLOB))).ok();
    }
    for (String foreign :
        List.of(other.personalSpace(), server.newUser().personalSpace(), newId())) {
      assertThat(client.request("push", push(foreign, put(newId(), 0, BLOB))).ok())
          .isEqualTo(result("forbidden"));
    }
  }

  @Test
  void claimOfAnothersSpaceGivesNothing() {
    String foreign = server.newUser().personalSpace();
    String token = user.issuer().token().of(user).claim("personal_space_id", foreign).sign();
    try (WireClient thief = server.connect(token)) {
      assertThat(thief.request("push", push(foreign)).ok()).isEqualTo(result("forbidden"));
      assertThat(thief.request("push", push(space)).ok()).isEqualTo(result("forbidden"));
    }
  }

  @Test
  void largestBlobPassesAndCanBePulled() {
    String id = newId();
    succeed(put(id, 0, blob(LARGEST_BLOB), dek(Integer.MAX_VALUE)));
    assertThat(binary(records(0).get(0), "blob")).hasSize(LARGEST_BLOB);
    assertThat(client.largestMessage()).isLessThanOrEqualTo(4_194_304);
    assertThat(refused(put(id, 1, blob(LARGEST_BLOB + 1)))).isEqualTo("payload_too_large");
  }

  @Test
  void pushOf30MiB() {
    List<Object> changes = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      changes.add(put(newId(), 0, blob(1 << 20)));
    }
    assertThat(succeed(changes.toArray())).isEqualTo(1);
    assertThat(records(0)).hasSize(30).allMatch(stored -> binary(stored, "blob").length == 1 << 20);
  }

  @Test
  void moreThan100000Changes() {
    List<Object> changes = new ArrayList<>();
    for (int i = 0; i <= 100_000; i++) {
      changes.add(put(newId(), 0, new byte[0]));
    }
    assertThat(client.request("push", push(space, changes)).ok())
        .isEqualTo(result("payload_too_large"));
    changes.removeLast();
    JsonNode whole = client.request("push", push(space, changes)).ok();
    assertThat(whole.path("error").asText("")).isEmpty();
    assertThat(whole.get("cursor").longValue()).isEqualTo(1);
  }

  @Test
  void spellingsNameOneSpace() {
    for (String spelling :
        List.of(
            space.toUpperCase(Locale.ROOT),
            space.replace("-", ""),
            "urn:uuid:" + space,
            "{" + space + "}")) {
      assertThat(
              client
                  .request("push", push(spelling, put(newId(), 0, BLOB)))
                  .ok()
                  .get("ok")
                  .booleanValue())
          .as(spelling)
          .isTrue();
    }
    assertThat(records(0)).hasSize(4);
  }

  @Test
  void recordIdIsTheSameInAnyCase() {
    String id = "abcdefab" + newId().substring(8);
    succeed(put(id.toUpperCase(Locale.ROOT), 0, BLOB));
    assertThat(succeed(put(id, 1, BLOB))).isEqualTo(2);
    assertThat(records(0).get(0).get("id").textValue()).isEqualTo(id);
  }

  @Test
  void oneRecordIdInTwoSpacesIsTwoRecords() {
    TestUser other = server.newUser();
    String id = newId();
    succeed(put(id, 0, BLOB));
    try (WireClient theirs = server.connect(other)) {
      JsonNode result = theirs.request("push", push(other.personalSpace(), put(id, 0, BLOB))).ok();
      assertThat(result.get("ok").booleanValue()).isTrue();
    }
  }

  @Test
  void invalidParams() {
    String error = "invalid_params invalid push params";
    for (Object params :
        new Object[] {
          null,
          "text",
          List.of(),
          map("space", 1, "changes", List.of()),
          map("space", space, "changes", map()),
          map("space", space, "changes", List.of(1)),
          push(space, map("id", newId(), "expected_cursor", "0", "blob", BLOB)),
          push(space, map("id", newId(), "expected_cursor", 0, "blob", "text")),
          push(space, map("id", newId(), "expected_cursor", 0.5, "blob", BLOB)),
          push(space, map("id", 5, "expected_cursor", 0, "blob", BLOB)),
          push(space, map("id", newId(), "expected_cursor", 0, "blob", BLOB, "dek", "text")),
          push(
              space,
              map(
                  "id",
                  newId(),
                  "blob",
                  BLOB,
                  "expected_cursor",
                  new java.math.BigInteger("9223372036854775808"))),
        }) {
      assertThat(client.request("push", params).error()).isEqualTo(error);
    }
  }

  private long succeed(Object... changes) {
    JsonNode result = client.request("push", push(space, changes)).ok();
    assertThat(result.get("ok").booleanValue()).as("%s", result).isTrue();
    return result.get("cursor").longValue();
  }

  private String refused(Object... changes) {
    JsonNode result = client.request("push", push(space, changes)).ok();
    assertThat(result.get("ok").booleanValue()).isFalse();
    assertThat(result).hasSize(2);
    return result.get("error").textValue();
  }

  private static JsonNode result(String error) {
    return WireClient.CBOR.createObjectNode().put("ok", false).put("error", error);
  }

  private List<JsonNode> records(long since) {
    return client.request("pull", pull(space, since)).chunks().stream()
        .filter(chunk -> chunk.get("name").textValue().equals("pull.record"))
        .map(chunk -> chunk.get("data"))
        .toList();
  }

  private static byte[] binary(JsonNode node, String field) {
    try {
      return node.get(field).binaryValue();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
