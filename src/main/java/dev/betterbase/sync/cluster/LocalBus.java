package dev.betterbase.sync.cluster;

import java.util.List;
import java.util.UUID;

/** The bus of a node that is not told of others: it sends nothing. */
public final class LocalBus implements Bus {
  private final UUID self = UUID.randomUUID();

  @Override
  public UUID self() {
    return self;
  }

  @Override
  public boolean hasOthers() {
    return false;
  }

  @Override
  public List<NodeSummary> others() {
    return List.of();
  }

  @Override
  public void publish(BusMessage message) {
    // There is nobody to tell.
  }

  @Override
  public void start() {
    // There is nobody to join.
  }

  @Override
  public void stop() {
    // There is nobody to leave.
  }
}
