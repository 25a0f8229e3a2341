package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.ServerFrame;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Passes on what happens on the connections to home servers. */
@ApplicationScoped
public class HomeEvents implements HomeLink.Events {
  private static final Logger LOG = System.getLogger(HomeEvents.class.getName());
  private static final FailureLog FAILURES = new FailureLog(HomeEvents.class);

  @Inject private HomeNotices notices;
  @Inject private HomeSpaces subscribed;
  @Inject private HomeMetrics metrics;

  @Override
  public void notified(HomeLink link, ServerFrame.Notification notification) {
    String host = link.address().host();
    try {
      switch (notification.method()) {
        case "sync", "membership", "file", "revoked" ->
            notices.passOn(
                host, HomeNotice.read(notification.method(), notification.params().reader()));
        default -> {}
      }
    } catch (Failure.InvalidParams malformed) {
      LOG.log(Level.DEBUG, "a notification of {0} was dropped", host);
    } catch (RuntimeException e) {
      // The next marker tells the members to pull.
      FAILURES.failed("A notification of a home server", e, null);
    }
  }

  @Override
  public CompletionStage<?> opened(HomeLink link, HomeSession session) {
    return subscribed.restore(link, session);
  }

  @Override
  public void called(HomeLink link, String method, long nanos, @Nullable Throwable failure) {
    metrics.called(link, method, nanos, failure);
  }

  @Override
  public boolean isWanted(HomeLink link) {
    return subscribed.areWanted(link);
  }
}
