package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.FutureTask;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class ServerNoiseTest {
  private static final String SERVER = "org.glassfish.grizzly.filterchain";

  private final ServerNoise filter = new ServerNoise();

  private static LogRecord event(String logger, Level level, String message) {
    var event = new LogRecord(level, message);
    event.setLoggerName(logger);
    return event;
  }

  private boolean isLoggedByRequest(LogRecord event) throws Exception {
    var task = new FutureTask<>(() -> filter.isLoggable(event));
    Thread.ofPlatform().name("http-thread-pool::http-listener(3)").start(task);
    return task.get();
  }

  @Test
  void onlyWarningsOfTheServer() {
    assertThat(filter.isLoggable(event(SERVER, Level.INFO, "x"))).isFalse();
    assertThat(filter.isLoggable(event(SERVER, Level.WARNING, "x"))).isTrue();
    assertThat(filter.isLoggable(event("dev.betterbase.sync.rpc", Level.FINE, "x"))).isTrue();
  }

  /** As a stop of the server with a client connected has logged it. */
  @Test
  void aTaskThatComesDueWhileTheServerStopsIsNotLogged() {
    LogRecord event =
        event("org.glassfish.enterprise.concurrent", Level.SEVERE, "concurrent/__default");
    event.setThrown(
        new IllegalStateException(
            "Service fish.payara.nucleus.requesttracing.RequestTracingService was started at level"
                + " 9 but it has a run level of 10."));
    assertThat(filter.isLoggable(event)).isFalse();
    event.setThrown(new IllegalStateException());
    assertThat(filter.isLoggable(event)).isTrue();
  }

  @Test
  void aRequestMakesTheServerLogOneLine() throws Exception {
    LogRecord first = event(SERVER, Level.WARNING, "Exception in {0}");
    first.setParameters(new Object[] {"the chain"});
    first.setThrown(new IOException("x".repeat(5_000)));

    assertThat(isLoggedByRequest(first)).isTrue();
    assertThat(first.getThrown()).isNull();
    assertThat(first.getMessage())
        .startsWith("Exception in the chain: java.io.IOException: xxx")
        .hasSizeLessThan(300);
    assertThat(isLoggedByRequest(event(SERVER, Level.SEVERE, "other"))).isFalse();
    assertThat(isLoggedByRequest(event("org.other", Level.SEVERE, "other"))).isTrue();
  }

  /** As a handshake whose connection ended at once has made the server log it. */
  @Test
  void aStackTraceInTheTextIsLeftOut() throws Exception {
    LogRecord event = event("jakarta.enterprise.web", Level.WARNING, "{0} threw exception\n{1}");
    event.setParameters(
        new Object[] {"service()", "java.lang.NullPointerException: x\n\tat a.B.c(B.java:1)\n"});

    assertThat(isLoggedByRequest(event)).isTrue();
    assertThat(event.getMessage())
        .isEqualTo("service() threw exception\njava.lang.NullPointerException: x");
  }

  @Test
  void outsideOfRequestsTheServerLogsItsStackTraces() {
    for (int i = 0; i < 20; i++) {
      LogRecord event = event(SERVER, Level.SEVERE, "boot");
      event.setThrown(new IOException());
      assertThat(filter.isLoggable(event)).isTrue();
      assertThat(event.getThrown()).isNotNull();
    }
  }

  @Test
  void aConnectionPoolWarnsOnceInAMinute() {
    String pool = "javax.enterprise.resource.resourceadapter.com.sun.gjc.spi";
    assertThat(filter.isLoggable(event(pool, Level.WARNING, "jdbc.exc_get_conn"))).isTrue();
    assertThat(filter.isLoggable(event(pool, Level.WARNING, "jdbc.exc_get_conn"))).isFalse();
  }

  /** As EclipseLink logs it on a thread of periodic jobs: without a message. */
  @Test
  void aStatementOfJpaThatFailsIsOneLineInAMinute() {
    String jpa = "org.eclipse.persistence.session./file:/x/_betterbase-sync";
    LogRecord first = event(jpa, Level.WARNING, "");
    first.setThrown(
        new IllegalStateException("a query failed", new SQLException("no relation \"spaces\"")));
    assertThat(filter.isLoggable(first)).isTrue();
    assertThat(first.getThrown()).isNull();
    assertThat(first.getMessage()).isEqualTo("java.sql.SQLException: no relation \"spaces\"");
    assertThat(filter.isLoggable(event(jpa, Level.WARNING, ""))).isFalse();
  }

  @Test
  void whatWasNotLoggedIsCounted() {
    long[] nanos = {7};
    var events = new RepeatedEvents(() -> nanos[0]);
    assertThat(events.count("a", 2)).isZero();
    assertThat(events.count("a", 2)).isZero();
    assertThat(events.count("a", 2)).isEqualTo(-1);
    assertThat(events.count("a", 2)).isEqualTo(-1);
    assertThat(events.count("b", 2)).isZero();
    nanos[0] += 60_000_000_000L;
    assertThat(events.count("a", 2)).isEqualTo(2);
    assertThat(events.count("a", 2)).isZero();
  }
}
