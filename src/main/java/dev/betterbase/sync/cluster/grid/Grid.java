package dev.betterbase.sync.cluster.grid;

import java.util.UUID;

/**
 * Carries packets from node to node, in the order of each sender. It may lose packets. It does not
 * know what is in them.
 */
public interface Grid extends AutoCloseable {
  /**
   * Is told by the grid of packets and nodes. Called on threads of the grid, which it must not hold
   * up.
   */
  interface Listener {
    /** A packet has come. It is from anyone who can reach the grid. */
    void received(byte[] packet);

    /** Another node can be told from now on. */
    void joined(UUID node);

    /** Another node is gone. */
    void left(UUID node);
  }

  /** Opens a grid. */
  interface Factory {
    /**
     * Joins the other nodes that can be reached.
     *
     * @param self the id by which the others know this node
     * @param listener told of the nodes that are there already, too
     */
    Grid open(UUID self, Listener listener);
  }

  /** Sends a packet to one node. */
  void send(UUID node, byte[] packet);

  /** Leaves. The listener is told no more. */
  @Override
  void close();
}
