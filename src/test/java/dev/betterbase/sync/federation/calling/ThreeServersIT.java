package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@link CallingIT} tests on two servers, with spaces and members on a third. */
@IntegrationTest
@NightlyTest
class ThreeServersIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static final int THIRD = 2;
  private static Servers servers;

  @BeforeAll
  static void start() {
    servers = Servers.start(3, UnaryOperator.identity());
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Test
  void membersOnThreeServersSeeOneAnother() {
    CallingIT.membersSeeOneAnother(servers, servers.newSpace(HOME, AWAY, THIRD), THIRD);
  }

  @Test
  void pullOfSpacesOnThreeServersIsOneAnswer() {
    PullElsewhereIT.pullOfTwoSpacesIsOneAnswer(
        servers, servers.newSpace(HOME, AWAY), servers.newSpace(THIRD, AWAY));
  }

  @Test
  void pullAnswersInTheOrderOfTheRequest() {
    PullElsewhereIT.pullAnswersInTheOrderOfTheRequest(
        servers,
        servers.newSpace(HOME, AWAY),
        servers.newSpace(HOME, AWAY),
        servers.newSpace(THIRD, AWAY),
        servers.newSpace(HOME, AWAY));
  }
}
