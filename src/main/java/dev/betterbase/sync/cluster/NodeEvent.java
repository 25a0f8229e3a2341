package dev.betterbase.sync.cluster;

import java.util.UUID;

/** A change of another node, as seen from this one. */
public sealed interface NodeEvent {
  /** The node. A node that is started again has another id. */
  UUID node();

  /** The node gets messages from now on. It has none of those that were sent before. */
  record Joined(UUID node) implements NodeEvent {}

  /** The node was stopped, died or cannot be reached any more. */
  record Left(UUID node) implements NodeEvent {}

  /** Messages of the node were lost, or it has been silent for some seconds. */
  record Missed(UUID node) implements NodeEvent {}
}
