package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.SharedSpace;
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

  /** A space on one of the servers that is known on another. */
  private static SharedSpace known(int home, int on) {
    SharedSpace space = SharedSpace.create(servers.server(home));
    servers.makeKnown(space, home, on);
    return space;
  }

  @Test
  void membersOnThreeServersSeeOneAnother() {
    SharedSpace space = known(HOME, AWAY);
    servers.makeKnown(space, HOME, THIRD);
    CallingIT.membersSeeOneAnother(servers, space, THIRD);
  }

  @Test
  void pullOfSpacesOnThreeServersIsOneAnswer() {
    PullElsewhereIT.pullOfTwoSpacesIsOneAnswer(servers, known(HOME, AWAY), known(THIRD, AWAY));
  }

  @Test
  void pullAnswersInTheOrderOfTheRequest() {
    PullElsewhereIT.pullAnswersInTheOrderOfTheRequest(
        servers, known(HOME, AWAY), known(HOME, AWAY), known(THIRD, AWAY), known(HOME, AWAY));
  }
}
