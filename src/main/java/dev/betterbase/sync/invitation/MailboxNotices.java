package dev.betterbase.sync.invitation;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Notifies the connections of a mailbox, on all nodes, of a new invitation, some seconds later,
 * because the exact moment would link the sender to the receiver (methods.md, invitation.create).
 * The limits on invitations bound how many notifications wait.
 */
@ApplicationScoped
public class MailboxNotices implements PeriodicJob {
  private static final Duration LEAST_DELAY = Duration.ofSeconds(1);

  /** A second less than the protocol allows, because a round may come a second later. */
  private static final Duration MOST_DELAY = Duration.ofSeconds(4);

  @Inject private RpcServer server;
  @Inject private Bus bus;

  private final DelayQueue<Due> waiting = new DelayQueue<>();

  /** Lets a notification be sent. */
  public void announce(String mailboxId) {
    long delay =
        ThreadLocalRandom.current().nextLong(LEAST_DELAY.toNanos(), MOST_DELAY.toNanos() + 1);
    waiting.add(new Due(mailboxId, System.nanoTime() + delay));
  }

  @Override
  public String name() {
    return "mailbox_notices";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(1);
  }

  /** Sends the notices that are due. */
  @Override
  public void round() {
    for (Due due = waiting.poll(); due != null; due = waiting.poll()) {
      tellAll(due.mailboxId());
    }
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

  /**
   * A notification that waits.
   *
   * @param at the time at which it may be sent, by {@link System#nanoTime}
   */
  private record Due(String mailboxId, long at) implements Delayed {
    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(at - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }
}
