package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.StandbyPair;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A failover from a PostgreSQL to its synchronous standby, with a URL that names both. It needs the
 * programs of a distribution, such as Debian's postgresql-15.
 */
@IntegrationTest
@NightlyTest
@Timeout(600)
class FailoverIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Test
  void thePrimaryIsKilled() throws Exception {
    pushesGoOnAndNothingIsLost(StandbyPair::killPrimary);
  }

  /** No connection ends, and no statement gets an answer. */
  @Test
  void theMachineOfThePrimaryIsGone() throws Exception {
    pushesGoOnAndNothingIsLost(StandbyPair::silencePrimary);
  }

  private static void pushesGoOnAndNothingIsLost(Consumer<StandbyPair> loss) throws Exception {
    assumeThat(DistributionPostgres.programs()).isPresent();
    try (StandbyPair pair = StandbyPair.start();
        TestServer server =
            TestServer.start(
                options -> options.name("failover").with("DATABASE_URL", pair.url()))) {
      List<AcknowledgedPushes> pushed = AcknowledgedPushes.until(server, () -> loss.accept(pair));
      DatabaseOutage.assertInternal(server);

      pair.promoteStandby();
      awaitPrimary(server);
      pushed.forEach(AcknowledgedPushes::assertNothingLost);
      assertThat(server.process().output()).doesNotContain("looks restored");
    }
  }

  /** A standby that is also a read replica, and is promoted at once. */
  @Test
  void aReplicaThatIsPromotedAtOnceIsFound() throws Exception {
    assumeThat(DistributionPostgres.programs()).isPresent();
    try (StandbyPair pair = StandbyPair.start();
        TestServer server =
            TestServer.start(
                options ->
                    options
                        .name("failover")
                        .with("DATABASE_URL", pair.url())
                        .with("DATABASE_REPLICAS", pair.replica()))) {
      TestUser user = server.newUser();
      try (WireClient client = server.connect(user)) {
        List<Object> changes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          changes.add(Requests.put(Requests.newId(), 0, new byte[10_000]));
        }
        client.request("push", Requests.push(user.personalSpace(), changes)).ok();
        await()
            .untilAsserted(
                () -> {
                  assertThat(pulled(client, user)).isEqualTo(20);
                  assertThat(server.metrics())
                      .containsPattern(
                          "betterbase_database_replica_reads_total\\{outcome=\"read\"} [1-9]");
                });

        pair.silencePrimary();
        pair.promoteStandby();
        awaitPrimary(server);
        assertThat(pulled(client, user)).isEqualTo(20);
      }
    }
  }

  /** Prints how long it takes: 10 s at most on a machine that does nothing else (scaling.md). */
  private static void awaitPrimary(TestServer server) {
    long promoted = System.nanoTime();
    await().atMost(LIMIT).untilAsserted(() -> DatabaseOutage.assertOver(server));
    System.out.printf(
        "the new primary was found after %d ms%n",
        Duration.ofNanos(System.nanoTime() - promoted).toMillis());
  }

  private static int pulled(WireClient client, TestUser user) {
    return client
            .request("pull", Requests.pull(user.personalSpace(), 0))
            .ok()
            .get("_chunks")
            .intValue()
        - 2;
  }
}
