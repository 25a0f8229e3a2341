/** Who is present, and one-off events: never stored. */
@NullMarked
package dev.betterbase.sync.presence;

import org.jspecify.annotations.NullMarked;
