package dev.betterbase.sync.cluster;

import java.util.List;
import java.util.UUID;

/** The bus of a node of a test. It brings everything to the other nodes at once, or loses it. */
public abstract class DirectBus implements Bus {
  private final UUID id = UUID.randomUUID();
  private final List<? extends DirectBus> nodes;
  private boolean loses;
  private int published;

  /**
   * @param nodes all nodes; a node has to be added to it
   */
  protected DirectBus(List<? extends DirectBus> nodes) {
    this.nodes = nodes;
  }

  /** A message of another node has come. */
  protected abstract void receive(BusMessage message);

  /** Whether what this node publishes is lost from now on. */
  public void loses(boolean all) {
    loses = all;
  }

  /** The number of messages that this node has published. */
  public int published() {
    return published;
  }

  @Override
  public UUID self() {
    return id;
  }

  @Override
  public boolean hasOthers() {
    return nodes.size() > 1;
  }

  @Override
  public List<NodeSummary> others() {
    return List.of();
  }

  @Override
  public void publish(BusMessage message) {
    published++;
    if (!loses) {
      nodes.stream().filter(each -> each != this).forEach(each -> each.receive(message));
    }
  }

  @Override
  public void start() {}

  @Override
  public void stop() {}
}
