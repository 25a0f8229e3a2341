package dev.betterbase.sync.operation;

import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestServer;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * storage.md, Guarantees: kill -9 of the server and of its embedded PostgreSQL, under load, again
 * and again. {@link RestartIT} has one of each.
 */
@IntegrationTest
@NightlyTest
@Order(1)
class CrashIT {
  @Test
  @Timeout(600)
  void nothingAcknowledgedIsLostInOneCrashAfterAnother() throws Exception {
    try (TestServer server =
        TestServer.start(options -> options.name("crashes").embeddedDatabase())) {
      for (int round = 0; round < 2; round++) {
        List<AcknowledgedPushes> pushed = AcknowledgedPushes.until(server, server.process()::kill);
        server.process().start();
        pushed.forEach(AcknowledgedPushes::assertNothingLost);
      }
      List<AcknowledgedPushes> pushed = crashTheDatabase(server);
      server.process().stop();
      server.process().start();
      pushed.forEach(AcknowledgedPushes::assertNothingLost);
    }
  }

  static List<AcknowledgedPushes> crashTheDatabase(TestServer server) throws Exception {
    List<AcknowledgedPushes> pushed =
        AcknowledgedPushes.until(
            server, () -> server.process().postmaster().orElseThrow().destroyForcibly());
    // The launcher starts it again by itself. Until then, a pull fails, and so does the first one
    // on each connection that broke.
    for (AcknowledgedPushes each : pushed) {
      await().untilAsserted(each::assertNothingLost);
    }
    return pushed;
  }
}
