/** The bus between the nodes of one service. What one node has committed, it tells the others. */
@NullMarked
package dev.betterbase.sync.cluster;

import org.jspecify.annotations.NullMarked;
