package dev.betterbase.sync.invitation;

import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Notification;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Notifies the connections of a mailbox of a new invitation, some seconds later, because the exact
 * moment would link the sender to the receiver (methods.md, invitation.create).
 */
@ApplicationScoped
public class MailboxNotices {
  private static final long LEAST_DELAY_MILLIS = 1_000;
  private static final long MOST_DELAY_MILLIS = 5_000;

  @Inject private RpcServer server;
  @Resource private ManagedScheduledExecutorService scheduler;

  /** Schedules the notification. */
  public void announce(String mailboxId) {
    long delay = ThreadLocalRandom.current().nextLong(LEAST_DELAY_MILLIS, MOST_DELAY_MILLIS + 1);
    ScheduledFuture<?> unused =
        scheduler.schedule(() -> tell(mailboxId), delay, TimeUnit.MILLISECONDS);
  }

  private void tell(String mailboxId) {
    byte[] frame = FrameWriter.notification("invitation", params -> params.beginMap(0).endMap());
    server.sendToMailbox(mailboxId, new Notification.Lasting(null, frame));
  }
}
