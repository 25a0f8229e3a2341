package dev.betterbase.sync.portability;

import dev.betterbase.sync.rpc.ProbeArchive;
import dev.betterbase.sync.rpc.TransportContract;
import dev.betterbase.sync.testing.PortabilityTest;
import java.util.concurrent.TimeUnit;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of the transports on an application server. The build runs it once for each. */
@PortabilityTest
@EnabledIfSystemProperty(named = "arquillian.launch", matches = ".+")
@ExtendWith(RunningServer.class)
@ArquillianTest
@Order(0) // The server, which takes long to start, before all that runs beside it.
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransportPortabilityIT extends TransportContract {
  @Deployment(testable = false)
  static WebArchive war() {
    return ProbeArchive.war();
  }

  @Override
  protected int port() {
    return RunningServer.server().httpPort();
  }

  /** Only Payara offers the upgrade transport. */
  @Override
  protected boolean offers(String transport) {
    return transport.equals("standard")
        || RunningServer.is("payara-server")
        || RunningServer.is("payara-micro");
  }

  @Override
  protected String path(String transport) {
    return "/probe/" + transport;
  }
}
