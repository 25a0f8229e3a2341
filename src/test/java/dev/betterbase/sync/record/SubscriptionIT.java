package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static dev.betterbase.sync.testing.Requests.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** methods.md: subscribe, unsubscribe and the notification sync. */
@IntegrationTest
class SubscriptionIT {
  private static final byte[] BLOB = {4, 1, 2, 3};
  private static final int SYNC_LIMIT = 4_194_304;

  private final TestServer server = TestServer.shared();
  private final TestUser user = server.newUser();
  private final String space = user.personalSpace();
  private WireClient pusher;
  private WireClient reader;

  @BeforeEach
  void connect() {
    pusher = server.connect(user);
    reader = server.connect(user);
  }

  @AfterEach
  void close() {
    pusher.close();
    reader.close();
  }

  @Test
  void subscribeNamesCursorAndKeyGeneration() {
    String spelling = "{" + space.toUpperCase(Locale.ROOT) + "}";
    JsonNode fresh = reader.request("subscribe", subscribe(spelling, 0)).ok();
    assertThat(fresh.toString())
        .isEqualTo(
            "{\"spaces\":[{\"id\":\"" + spelling + "\",\"cursor\":0,\"key_generation\":1}]}");
    push(put(newId(), 0, BLOB));
    JsonNode again = reader.request("subscribe", subscribe(space, 0)).ok();
    assertThat(again.at("/spaces/0/cursor").longValue()).isEqualTo(1);
    assertThat(again.at("/spaces/0/id").textValue()).isEqualTo(space);
  }

  @Test
  void failuresStandBesideTheRest() {
    JsonNode result =
        reader
            .request(
                "subscribe",
                map(
                    "spaces",
                    List.of(
                        map("id", "junk", "since", 0),
                        map("id", server.newUser().personalSpace(), "since", 0),
                        map("id", space, "since", 0),
                        map("id", "00000000-0000-4000-8000-000000000000", "since", 0))))
            .ok();
    assertThat(result.get("spaces")).hasSize(1);
    assertThat(result.get("errors")).hasSize(3);
    assertThat(result.at("/errors/0").toString())
        .isEqualTo("{\"space\":\"junk\",\"error\":\"bad_request\"}");
    assertThat(result.at("/errors/1/error").textValue()).isEqualTo("forbidden");
    assertThat(result.at("/errors/2/error").textValue()).isEqualTo("forbidden");
  }

  @Test
  void echoedSpaceIsCutAt256Bytes() {
    JsonNode result = reader.request("subscribe", subscribe("x".repeat(1_000), 0)).ok();
    assertThat(result.at("/errors/0/space").textValue()).isEqualTo("x".repeat(256));
  }

  @Test
  void noSpaces() {
    assertThat(reader.request("subscribe", map("spaces", List.of())).ok().toString())
        .isEqualTo("{\"spaces\":[]}");
  }

  @Test
  void moreThan1000Spaces() {
    List<Object> spaces = new ArrayList<>();
    for (int i = 0; i < 1_001; i++) {
      spaces.add(map("id", newId(), "since", 0));
    }
    assertThat(reader.request("subscribe", map("spaces", spaces)).error())
        .isEqualTo("bad_request too many spaces in subscribe request");
    spaces.removeLast();
    assertThat(reader.request("subscribe", map("spaces", spaces)).ok().get("errors"))
        .hasSize(1_000);
  }

  @Test
  void invalidParams() {
    String error = "invalid_params invalid subscribe params";
    for (Object params :
        new Object[] {
          null, List.of(), map("spaces", 1), map("spaces", List.of(map("id", 1, "since", 0)))
        }) {
      assertThat(reader.request("subscribe", params).error()).isEqualTo(error);
    }
  }

  @Test
  void syncHoldsWhatWasPushed() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    String kept = newId();
    String gone = newId();
    byte[] dek = Requests.dek(3);
    push(put(gone, 0, BLOB, dek));
    push(delete(gone, 1), put(kept, 0, new byte[0], dek));

    JsonNode first = reader.expectNotification("sync");
    assertThat(first.fieldNames())
        .toIterable()
        .containsExactly("space", "prev", "cursor", "key_generation", "records");
    assertThat(first.get("space").textValue()).isEqualTo(space);
    assertThat(first.get("prev").longValue()).isZero();
    assertThat(first.get("cursor").longValue()).isEqualTo(1);
    assertThat(first.get("key_generation").longValue()).isZero();
    assertThat(first.get("records")).hasSize(1);
    assertThat(first.at("/records/0").fieldNames())
        .toIterable()
        .containsExactly("id", "blob", "cursor", "dek");

    JsonNode second = reader.expectNotification("sync");
    assertThat(second.get("prev").longValue()).isEqualTo(1);
    assertThat(second.get("cursor").longValue()).isEqualTo(2);
    JsonNode tombstone = record(second, gone);
    assertThat(tombstone.fieldNames()).toIterable().containsExactly("id", "cursor", "deleted");
    assertThat(record(second, kept).get("blob").isBinary()).isTrue();
  }

  @Test
  void everyoneButThePusherHearsOfIt() {
    pusher.request("subscribe", subscribe(space, 0)).ok();
    reader.request("subscribe", subscribe(space, 0)).ok();
    try (WireClient third = server.connect(user)) {
      third.request("subscribe", subscribe(space, 0)).ok();
      push(put(newId(), 0, BLOB));
      reader.request("push", Requests.push(space, put(newId(), 0, BLOB))).ok();
      assertThat(pusher.expectNotification("sync").get("cursor").longValue()).isEqualTo(2);
      assertThat(reader.expectNotification("sync").get("cursor").longValue()).isEqualTo(1);
      assertThat(third.expectNotification("sync").get("cursor").longValue()).isEqualTo(1);
      assertThat(third.expectNotification("sync").get("cursor").longValue()).isEqualTo(2);
    }
  }

  @Test
  void refusedAndEmptyPushesAreNotNotified() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    String id = newId();
    pusher.request("push", Requests.push(space, put(id, 9, BLOB))).ok();
    pusher.request("push", Requests.push(space)).ok();
    push(put(id, 0, BLOB));
    assertThat(reader.expectNotification("sync").get("cursor").longValue()).isEqualTo(1);
  }

  @Test
  void eachSubscriberHearsItsOwnSpelling() {
    String urn = "urn:uuid:" + space;
    String bare = space.replace("-", "").toUpperCase(Locale.ROOT);
    reader.request("subscribe", subscribe(urn, 0)).ok();
    try (WireClient other = server.connect(user)) {
      other.request("subscribe", subscribe(bare, 0)).ok();
      push(put(newId(), 0, BLOB));
      assertThat(reader.expectNotification("sync").get("space").textValue()).isEqualTo(urn);
      assertThat(other.expectNotification("sync").get("space").textValue()).isEqualTo(bare);
    }
  }

  @Test
  void subscribingAgainReplacesTheSpelling() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    reader.request("subscribe", subscribe("{" + space + "}", 0)).ok();
    push(put(newId(), 0, BLOB));
    push(put(newId(), 0, BLOB));
    for (int cursor = 1; cursor <= 2; cursor++) {
      JsonNode sync = reader.expectNotification("sync");
      assertThat(sync.get("space").textValue()).isEqualTo("{" + space + "}");
      assertThat(sync.get("cursor").longValue()).isEqualTo(cursor);
    }
  }

  @Test
  void unsubscribeEndsItInAnySpelling() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    reader.notify("unsubscribe", unsubscribe("urn:uuid:" + space));
    reader.expectOpen();
    push(put(newId(), 0, BLOB));
    reader.request("subscribe", subscribe(space, 0)).ok();
    push(put(newId(), 0, BLOB));
    assertThat(reader.expectNotification("sync").get("cursor").longValue()).isEqualTo(2);
  }

  @Test
  void unsubscribeSkipsWhatItDoesNotKnow() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    reader.notify("unsubscribe", map("spaces", List.of("junk", newId(), space)));
    reader.expectOpen();
    push(put(newId(), 0, BLOB));
    reader.request("subscribe", subscribe(space, 0)).ok();
    push(put(newId(), 0, BLOB));
    assertThat(reader.expectNotification("sync").get("cursor").longValue()).isEqualTo(2);
  }

  @Test
  void syncOver4MiBIsAMarker() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    push(put(newId(), 0, blob(2_500_000)), put(newId(), 0, blob(2_500_000)));
    push(put(newId(), 0, BLOB));
    JsonNode marker = reader.expectNotification("sync");
    assertThat(marker.get("prev").longValue()).isEqualTo(1);
    assertThat(marker.get("cursor").longValue()).isEqualTo(1);
    assertThat(marker.get("records").isArray()).isTrue();
    assertThat(marker.get("records")).isEmpty();
    assertThat(reader.expectNotification("sync").get("prev").longValue()).isEqualTo(1);
  }

  @Test
  void syncOfJustUnder4MiBIsWhole() {
    reader.request("subscribe", subscribe(space, 0)).ok();
    push(put(newId(), 0, blob(4_193_904), Requests.dek(0)));
    assertThat(reader.expectNotification("sync").get("records")).hasSize(1);
    assertThat(reader.largestMessage()).isBetween(4_193_904, SYNC_LIMIT);
  }

  /** What is pushed while someone subscribes is covered by the cursor returned, or notified. */
  @Test
  void concurrentSubscribeAndPushLoseNothing() throws Exception {
    CyclicBarrier together = new CyclicBarrier(2);
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < 300; round++) {
        Future<Long> pushed =
            executor.submit(
                () -> {
                  together.await(60, TimeUnit.SECONDS);
                  return push(put(newId(), 0, BLOB));
                });
        together.await(60, TimeUnit.SECONDS);
        JsonNode subscribed = reader.request("subscribe", subscribe(space, 0)).ok();
        long covered = subscribed.at("/spaces/0/cursor").longValue();
        long cursor = pushed.get(60, TimeUnit.SECONDS);
        while (covered < cursor) {
          covered = reader.expectNotification("sync").get("cursor").longValue();
        }
        reader.notify("unsubscribe", unsubscribe(space));
      }
    }
  }

  private long push(Object... changes) {
    JsonNode result = pusher.request("push", Requests.push(space, changes)).ok();
    assertThat(result.get("ok").booleanValue()).as("%s", result).isTrue();
    return result.get("cursor").longValue();
  }

  private static JsonNode record(JsonNode sync, String id) {
    for (JsonNode record : sync.get("records")) {
      if (record.get("id").textValue().equals(id)) {
        return record;
      }
    }
    throw new AssertionError("no record " + id + " in " + sync);
  }
}
