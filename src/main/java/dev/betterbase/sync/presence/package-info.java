/** Presence and one-off events, which are never stored. */
@NullMarked
package dev.betterbase.sync.presence;

import org.jspecify.annotations.NullMarked;
