package dev.betterbase.sync.invitation;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Notification;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Notifies the connections of a mailbox, on all nodes, of a new invitation, some seconds later,
 * because the exact moment would link the sender to the receiver (methods.md, invitation.create).
 */
@ApplicationScoped
public class MailboxNotices {
  private static final long LEAST_DELAY_MILLIS = 1_000;
  private static final long MOST_DELAY_MILLIS = 5_000;

  @Inject private RpcServer server;
  @Inject private Bus bus;
  @Resource private ManagedScheduledExecutorService scheduler;

  /** Schedules the notification. */
  public void announce(String mailboxId) {
    long delay = ThreadLocalRandom.current().nextLong(LEAST_DELAY_MILLIS, MOST_DELAY_MILLIS + 1);
    ScheduledFuture<?> unused =
        scheduler.schedule(() -> tellAll(mailboxId), delay, TimeUnit.MILLISECONDS);
  }

  private void tellAll(String mailboxId) {
    bus.publish(new BusMessage.Invitation(mailboxId));
    tell(mailboxId);
  }

  void elsewhere(@Observes BusMessage.Invitation invitation) {
    tell(invitation.mailboxId());
  }

  private void tell(String mailboxId) {
    byte[] frame = FrameWriter.notification("invitation", params -> params.beginMap(0).endMap());
    server.sendToMailbox(mailboxId, new Notification.Lasting(null, frame));
  }
}
