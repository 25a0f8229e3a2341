package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells the other nodes each second which peers use more or less here. Every ten seconds, and when
 * a node has joined, it tells the use of all peers: to a node that has lost messages or is new.
 */
@ApplicationScoped
public class PeerUseNotices implements PeriodicJob {
  private static final int ROUNDS_TO_REPETITION = 10;

  @Inject private Peers peers;

  private final AtomicBoolean nodeJoined = new AtomicBoolean();
  private int rounds;

  @Override
  public String name() {
    return "peer_use";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(1);
  }

  @Override
  public void round() {
    rounds = (rounds + 1) % ROUNDS_TO_REPETITION;
    peers.tellUsage(nodeJoined.getAndSet(false) || rounds == 0);
  }

  void joined(@Observes NodeEvent.Joined joined) {
    nodeJoined.set(true);
  }
}
