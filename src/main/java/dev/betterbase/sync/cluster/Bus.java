package dev.betterbase.sync.cluster;

import java.util.List;
import java.util.UUID;

/**
 * Tells the other nodes of this service what happened here, after it was committed.
 *
 * <p>The bus may lose messages, but it never delays the caller. The messages of one node arrive in
 * the order in which they were published. A node that finds that it missed some looks into the
 * database ({@link NodeEvent.Missed}).
 *
 * <p>What arrives is fired as a CDI event: a {@link BusMessage} or a {@link NodeEvent}.
 */
public interface Bus {
  /** The id of this node, which it has until it is stopped. */
  UUID self();

  /** Whether there is another node to tell. If not, there is no need to make a message. */
  boolean hasOthers();

  /** The other nodes that can be told. */
  List<NodeSummary> others();

  /** Sends a message to all other nodes. It is lost if it cannot be sent. */
  void publish(BusMessage message);

  /**
   * Joins the other nodes, and waits until those that can be reached are found.
   *
   * @throws RuntimeException if this node cannot listen
   */
  void start();

  /** Leaves the other nodes. */
  void stop();
}
