package dev.betterbase.sync.storage;

import static dev.betterbase.sync.storage.ShardedServer.both;
import static dev.betterbase.sync.storage.ShardedServer.count;
import static dev.betterbase.sync.storage.ShardedServer.isIn;
import static dev.betterbase.sync.storage.ShardedServer.names;
import static dev.betterbase.sync.storage.ShardedServer.pushTo;
import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.BucketServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Spaces spread over two databases (docs/scaling.md, Shards), on a server that keeps its files in a
 * bucket.
 */
@IntegrationTest
class ShardsIT {
  private static final TestPostgres.Database FIRST = BucketServer.database();
  private static final TestPostgres.Database SECOND = BucketServer.secondDatabase();
  private static final ShardedServer SHARDED =
      new ShardedServer(BucketServer.shared(), FIRST, SECOND);

  @Test
  void aSpaceIsWholeInOneDatabaseAndTheFirstKnowsWhere() throws IOException {
    for (TestPostgres.Database database : List.of(FIRST, SECOND)) {
      TestPostgres.Database not = database.equals(FIRST) ? SECOND : FIRST;
      SharedSpace space = SHARDED.sharedIn(database);
      Member member = space.invite("write");
      try (WireClient admin = space.admin().connect();
          WireClient client = member.connect()) {
        pushTo(client, member);
        assertThat(space.admin().append(admin).ok().get("chain_seq").intValue()).isEqualTo(1);
        assertThat(client.request("pull", member.spaces(0)).chunks()).hasSize(4);
        assertThat(client.request("membership.list", member.params()).ok().get("entries"))
            .hasSize(1);
        admin.request("epoch.begin", space.admin().params("epoch", 2)).ok();
        admin.request("membership.revoke", space.admin().params("ucan_cid", member.cid())).ok();
        assertThat(client.request("pull", member.spaces(0)).chunks()).isEmpty();
      }
      for (String table : List.of("records", "members", "revocations")) {
        String rows = table + " where space_id = '" + space.id() + "'";
        assertThat(count(database, rows)).as(table).isEqualTo(1);
        assertThat(count(not, rows)).as(table).isZero();
      }
      assertThat(isIn(not, space.id())).isFalse();
      assertThat(
              count(
                  FIRST,
                  "space_shards where shard = "
                      + (database.equals(FIRST) ? 1 : 2)
                      + " and space_id = '"
                      + space.id()
                      + "'"))
          .isEqualTo(1);
    }
    assertThat(count(SECOND, "space_shards")).isZero();
  }

  @Test
  void clientsFollowSpacesInBothDatabases() {
    SharedSpace one = SHARDED.sharedIn(FIRST);
    SharedSpace two = SHARDED.sharedIn(SECOND);
    Member inOne = one.invite("write");
    Member inTwo = SHARDED.join(two, inOne);
    try (WireClient pusher = inOne.connect();
        WireClient client = inOne.connect()) {
      JsonNode subscribed = client.request("subscribe", both(inTwo, inOne)).ok();
      assertThat(subscribed.get("spaces")).hasSize(2);
      assertThat(subscribed.get("errors")).isNull();
      pushTo(pusher, inOne);
      pushTo(pusher, inTwo);
      assertThat(client.expectNotification("sync").get("space").textValue()).isEqualTo(one.id());
      assertThat(client.expectNotification("sync").get("space").textValue()).isEqualTo(two.id());
      WireClient.Reply pulled = client.request("pull", both(inTwo, inOne));
      pulled.ok();
      assertThat(names(pulled))
          .containsExactly(
              "pull.begin",
              "pull.record",
              "pull.commit",
              "pull.begin",
              "pull.record",
              "pull.commit");
    }
  }

  @Test
  void theLimitByPersonHoldsForSpacesInBothDatabases() throws IOException {
    Member inOne = SHARDED.sharedIn(FIRST).invite("write");
    Member inTwo = SHARDED.join(SHARDED.sharedIn(SECOND), inOne);
    try (WireClient client = inOne.connect()) {
      for (int i = 0; i < 5; i++) {
        inOne.append(client).ok();
        inTwo.append(client).ok();
      }
      for (Member member : List.of(inOne, inTwo)) {
        assertThat(member.append(client).error()).startsWith("rate_limited ");
      }
    }
    assertThat(count(SECOND, "rate_limit_actions")).isZero();
  }

  @Test
  void filesAreAddedFoundAndRemovedInBothDatabases() {
    for (TestPostgres.Database database : List.of(FIRST, SECOND)) {
      TestUser user = SHARDED.userIn(database);
      FileClient files =
          FileClient.of(
              SHARDED.server(),
              SHARDED.server().issuer().token().of(user).claim("scope", "sync files").sign(),
              user.personalSpace());
      String record = newId();
      String file = newId();
      try (WireClient client = SHARDED.server().connect(user)) {
        client.request("push", push(user.personalSpace(), put(record, 0, blob(10)))).ok();
        assertThat(files.put(file, record, blob(1000))).isEqualTo(201);
        assertThat(files.get(file).body()).hasSize(1000);
        assertThat(count(database, "files where id = '" + file + "'")).isEqualTo(1);
        client.request("push", push(user.personalSpace(), Requests.delete(record, 2))).ok();
      }
      await().until(() -> count(database, "file_removals where file_id = '" + file + "'") == 0);
      assertThat(files.get(file).statusCode()).isEqualTo(404);
    }
  }

  @Test
  void theAdminPageCountsSearchesAndChecksBothDatabases() throws IOException {
    AdminClient admin = AdminClient.from(SHARDED.server().process(), "127.0.0.4").signIn();
    assertThat(admin.get("figures").at("/database/total").intValue()).isEqualTo(2);
    assertThat(admin.get("figures").at("/database/away").intValue()).isZero();
    SharedSpace elsewhere = SHARDED.sharedIn(SECOND);
    assertFoundIn(1, SHARDED.sharedIn(FIRST).id(), admin);
    assertFoundIn(2, elsewhere.id(), admin);
    HttpResponse<String> nowhere = admin.send("GET", "space?id=" + newId(), "", Map.of());
    assertThat(nowhere.statusCode()).isEqualTo(404);
    assertFindsWhatDoesNotFitInTheSecond(elsewhere, admin);
    JsonNode stored = admin.get("storage");
    JsonNode databases = stored.get("databases");
    assertThat(databases.findValuesAsText("number")).containsExactly("1", "2");
    assertThat(databases.findValuesAsText("away")).containsExactly("false", "false");
    for (String figure : List.of("spaces", "records", "record_bytes", "file_tombstones")) {
      List<Long> each = databases.findValues(figure).stream().map(JsonNode::longValue).toList();
      assertThat(each).as(figure).hasSize(2);
      assertThat(stored.get(figure).longValue()).isEqualTo(each.get(0) + each.get(1));
    }
    assertThat(databases.findValuesAsText("spaces")).doesNotContain("0");
  }

  private static void assertFoundIn(int database, String space, AdminClient admin) {
    JsonNode found = admin.get("space?id=" + space);
    assertThat(found.get("database").intValue()).isEqualTo(database);
    assertThat(found.get("shared").booleanValue()).isTrue();
  }

  private static void update(String statement) {
    try (Connection connection = SECOND.connect();
        Statement update = connection.createStatement()) {
      assertThat(update.executeUpdate(statement)).isEqualTo(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertFindsWhatDoesNotFitInTheSecond(SharedSpace space, AdminClient admin)
      throws IOException {
    try (WireClient client = space.admin().connect()) {
      pushTo(client, space.admin());
    }
    String cursor = "update spaces set cursor = %d where id = '" + space.id() + "'";
    update(cursor.formatted(0));
    try {
      JsonNode checked = new JsonMapper().readTree(admin.post("check", "").body());
      assertThat(checked.get("away")).isEmpty();
      assertThat(checked.get("findings").findValuesAsText("subject"))
          .contains("space " + space.id());
    } finally {
      update(cursor.formatted(1));
    }
  }
}
