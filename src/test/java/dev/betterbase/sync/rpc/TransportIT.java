package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import java.io.IOException;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The contract of the transports on Payara Micro. */
@IntegrationTest
@Order(1)
class TransportIT extends TransportContract {
  private final ProbeServer server = ProbeServer.shared();

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
