package dev.betterbase.sync.realtime;

import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.cluster.NodeEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;

/** Passes the messages of other nodes on to the subscribers of this one. */
@ApplicationScoped
public class OtherNodes {
  @Inject private Subscriptions subscriptions;
  @Inject private AccessEnds ends;
  @Inject private Presences presences;

  void told(@Observes BusMessage.Told told) {
    if (subscriptions.hasSubscribers(told.space())) {
      subscriptions.announceHere(ToldFrame.announcement(told), null);
    }
  }

  void moved(@Observes BusMessage.Moved moved) {
    subscriptions.catchUp(moved.space(), moved.cursor());
  }

  void revoked(@Observes BusMessage.Revoked revoked) {
    ends.revokedElsewhere(revoked.space(), revoked.cid());
  }

  void present(@Observes BusMessage.Present present) {
    presences.setElsewhere(
        present.node(), present.space(), new Presence(present.peer(), present.data()));
  }

  void absent(@Observes BusMessage.Absent absent) {
    presences.clearElsewhere(absent.space(), absent.peer());
  }

  void event(@Observes BusMessage.Event event) {
    presences.eventElsewhere(event.space(), event.peer(), event.data());
  }

  void joined(@Observes NodeEvent.Joined joined) {
    presences.republish();
  }

  void left(@Observes NodeEvent.Left left) {
    presences.clearThoseOf(left.node());
  }
}
