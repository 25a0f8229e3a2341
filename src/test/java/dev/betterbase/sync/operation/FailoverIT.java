package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.StandbyPair;
import dev.betterbase.sync.testing.TestServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A failover from a PostgreSQL that is killed to its synchronous standby, with a URL that names
 * both. It needs the programs of a distribution, such as Debian's postgresql-15.
 */
@IntegrationTest
@NightlyTest
@Timeout(600)
class FailoverIT {
  @Test
  void pushesGoOnWithinTenSecondsAndNothingIsLost() throws Exception {
    assumeThat(DistributionPostgres.programs()).isPresent();
    try (StandbyPair pair = StandbyPair.start();
        TestServer server =
            TestServer.start(
                options -> options.name("failover").with("DATABASE_URL", pair.url()))) {
      List<AcknowledgedPushes> pushed = AcknowledgedPushes.until(server, pair::killPrimary);
      CrashIT.assertInternalWithoutDatabase(server);

      pair.promoteStandby();
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> DatabaseOutageIT.assertAllWell(server));
      pushed.forEach(AcknowledgedPushes::assertNothingLost);
      assertThat(server.process().output()).doesNotContain("looks restored");
    }
  }
}
