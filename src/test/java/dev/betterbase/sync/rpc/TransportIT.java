package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of the transports on Payara Micro. */
@IntegrationTest
class TransportIT extends TransportContract {
  private static ProbeServer server;

  @BeforeAll
  static void start() {
    server = ProbeServer.start("256m", ServerProcess.shortLivedJvm());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void noMemberOfPayaraIsMissing() throws IOException {
    eachTrickWorksOnPayara("handler");

    assertThat(server.output()).doesNotContain("the upgrade transport knows");
  }

  @Override
  protected int port() {
    return server.port();
  }
}
