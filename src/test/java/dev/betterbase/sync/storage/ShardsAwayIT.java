package dev.betterbase.sync.storage;

import static dev.betterbase.sync.storage.ShardedServer.both;
import static dev.betterbase.sync.storage.ShardedServer.names;
import static dev.betterbase.sync.storage.ShardedServer.pushTo;
import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A server whose spaces are spread over two databases, the second of which is in a PostgreSQL of
 * its own. The tests run one after another because they stop it and the server.
 */
@IntegrationTest
@Execution(ExecutionMode.SAME_THREAD)
@Timeout(600)
class ShardsAwayIT {
  private static final TestPostgres.Database FIRST = TestPostgres.shared().newDatabase();
  private static TestPostgres other;
  private static TestPostgres.Database second;
  private static TestServer server;
  private static ShardedServer sharded;

  @BeforeAll
  static void start() {
    other = TestPostgres.start();
    second = other.newDatabase();
    sharded =
        ShardedServer.start(
            FIRST,
            second,
            options -> options.name("shards").with("ADMIN_TOKEN", AdminClient.TOKEN));
    server = sharded.server();
  }

  @AfterAll
  static void stop() {
    sharded.close();
    other.close();
  }

  @Test
  void withOneDatabaseAwayItsSpacesAnswerInternalAndAllOthersGoOn() throws Exception {
    SharedSpace one = sharded.sharedIn(FIRST);
    SharedSpace two = sharded.sharedIn(second);
    Member inOne = one.invite("write");
    Member inTwo = sharded.join(two, inOne);
    TestUser here = sharded.userIn(FIRST);
    TestUser there = sharded.userIn(second);
    try (WireClient client = inOne.connect();
        WireClient hers = server.connect(here);
        WireClient his = server.connect(there)) {
      pushTo(client, inOne);
      pushTo(client, inTwo);
      other.kill();
      await()
          .untilAsserted(
              () ->
                  assertThat(server.process().get("/health").body())
                      .contains("\"status\":\"degraded\"", "\"databases_away\":[2]"));
      assertThat(server.process().get("/mp-health/ready").statusCode()).isEqualTo(200);
      assertThat(server.metrics()).contains("betterbase_database_shards_away 1.0");

      AdminClient admin = AdminClient.from(server.process(), "127.0.0.1").signIn();
      JsonNode stored = admin.get("storage");
      assertThat(stored.get("databases").findValuesAsText("away")).containsExactly("false", "true");
      assertThat(stored.get("spaces").longValue())
          .isPositive()
          .isEqualTo(stored.at("/databases/0/spaces").longValue());
      assertThat(admin.get("space?id=" + one.id()).get("database").intValue()).isEqualTo(1);
      HttpResponse<String> sought = admin.send("GET", "space?id=" + two.id(), "", Map.of());
      assertThat(sought.statusCode()).isEqualTo(503);
      assertThat(sought.body()).contains("it may be in a database that is away: 2");
      assertThat(admin.post("check", "").body()).contains("\"away\":[2]");

      pushTo(client, inOne);
      hers.request("push", push(here.personalSpace(), put(newId(), 0, blob(10)))).ok();
      assertThat(his.request("push", push(there.personalSpace(), put(newId(), 0, blob(10)))).ok())
          .isEqualTo(WireClient.CBOR.valueToTree(map("ok", false, "error", "internal")));
      JsonNode subscribed = client.request("subscribe", both(inTwo, inOne)).ok();
      assertThat(subscribed.get("spaces")).hasSize(1);
      assertThat(subscribed.at("/errors/0/space").textValue()).isEqualTo(two.id());
      assertThat(subscribed.at("/errors/0/error").textValue()).isEqualTo("internal");
      WireClient.Reply pulled = client.request("pull", both(inTwo, inOne));
      assertThat(pulled.error()).startsWith("internal ");
      assertThat(names(pulled))
          .as("the other space is sent whole")
          .containsExactly("pull.begin", "pull.record", "pull.record", "pull.commit");

      other.up();
      await()
          .untilAsserted(
              () -> {
                assertThat(server.process().get("/health").body()).contains("\"healthy\"");
                his.request("push", push(there.personalSpace(), put(newId(), 0, blob(10)))).ok();
              });
      client.request("pull", both(inTwo, inOne)).ok();
    }
  }

  @Test
  @NightlyTest
  void aRestartKeepsWhereSpacesAre() {
    TestUser here = sharded.userIn(FIRST);
    TestUser there = sharded.userIn(second);
    server.process().stop();
    server.process().start();
    for (TestUser user : List.of(here, there)) {
      try (WireClient client = server.connect(user)) {
        assertThat(new Replica(user.personalSpace()).attach(client).records()).hasSize(1);
      }
    }
  }
}
