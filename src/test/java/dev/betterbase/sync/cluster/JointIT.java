package dev.betterbase.sync.cluster;

import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * All of docs/scaling.md together, under load: three servers in one cluster behind HAProxy, two
 * databases and a read replica. In each test something fails or changes. Nothing that was
 * acknowledged may be lost, the order of each space must be kept, and all clients must be in sync
 * again. It needs the programs of a distribution, such as Debian's postgresql-15.
 */
@NightlyTest
@SequentialIntegrationTest
@Timeout(600)
class JointIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static JointServers servers;

  @BeforeAll
  static void start() {
    assumeThat(DistributionPostgres.programs()).isPresent();
    servers = new JointServers();
  }

  @AfterAll
  static void stop() {
    if (servers != null) {
      servers.close();
    }
  }

  private interface Event {
    void happen(JointLoad load) throws Exception;
  }

  /** Two spaces are in the first database, and two in the second. */
  private static void underLoad(Event event) throws Exception {
    servers.awaitWhole();
    List<SharedSpace> spaces =
        List.of(servers.spaceIn(1), servers.spaceIn(1), servers.spaceIn(2), servers.spaceIn(2));
    try (JointLoad load = new JointLoad(servers::port, spaces)) {
      load.awaitWarm();
      event.happen(load);
      await("pulls are served by the replica")
          .atMost(LIMIT)
          .until(() -> servers.replicaReads() > 0);
      load.assertNothingLost();
    }
  }

  /** The time is printed, not tested: it depends on the machine. */
  private static void inSyncAgain(JointLoad load, String event) {
    System.out.printf(
        "JointIT: %s: all clients in sync after %d ms%n", event, load.awaitSync().toMillis());
  }

  private static void killed(ServerProcess server, String which) throws Exception {
    underLoad(
        load -> {
          server.kill();
          inSyncAgain(load, which + " killed");
          servers.startAgain(server);
          inSyncAgain(load, which + " back");
        });
  }

  @Test
  void aNodeIsKilled() throws Exception {
    killed(servers.youngest(), "a node");
  }

  @Test
  void theOldestMemberOfTheGridIsKilled() throws Exception {
    killed(servers.oldest(), "the oldest member");
  }

  @Test
  void aDatabaseIsKilled() throws Exception {
    underLoad(
        load -> {
          servers.killSecondDatabase();
          load.awaitRefusals(load.spaces().subList(2, 4));
          load.awaitPushes(load.spaces().subList(0, 2), 10);
          servers.startSecondDatabase();
          inSyncAgain(load, "a database back");
        });
  }

  @Test
  void theGridIsCutIntoPieces() throws Exception {
    underLoad(
        load -> {
          servers.cutGrid();
          inSyncAgain(load, "the grid cut");
          servers.joinGrid();
          inSyncAgain(load, "the grid joined");
        });
  }

  @Test
  void allNodesAreRestartedOneAfterAnother() throws Exception {
    underLoad(
        load -> {
          servers.restartOneAfterAnother();
          inSyncAgain(load, "all nodes restarted");
        });
  }

  @Test
  void spacesMoveToTheOtherDatabaseAndBack() throws Exception {
    underLoad(
        load -> {
          moveAll(load, List.of(2, 2, 1, 1));
          moveAll(load, List.of(1, 1, 2, 2));
        });
  }

  private static void moveAll(JointLoad load, List<Integer> databases) {
    for (int i = 0; i < databases.size(); i++) {
      servers.move(load.spaces().get(i).id(), databases.get(i));
    }
    inSyncAgain(load, "all spaces moved");
  }
}
