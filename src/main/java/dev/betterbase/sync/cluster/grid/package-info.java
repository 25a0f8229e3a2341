/** Carries packets between nodes. Only here is Hazelcast used, and only if CLUSTER is set. */
@NullMarked
package dev.betterbase.sync.cluster.grid;

import org.jspecify.annotations.NullMarked;
