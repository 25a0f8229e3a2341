/** A peer calls this server. Classes here are named Peer…. */
@NullMarked
package dev.betterbase.sync.federation.serving;

import org.jspecify.annotations.NullMarked;
