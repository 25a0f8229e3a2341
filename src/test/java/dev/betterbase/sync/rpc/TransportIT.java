package dev.betterbase.sync.rpc;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

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

  @Override
  protected int port() {
    return server.port();
  }
}
