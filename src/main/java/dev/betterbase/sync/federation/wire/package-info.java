/** The wire format that both sides of federation share. */
@NullMarked
package dev.betterbase.sync.federation.wire;

import org.jspecify.annotations.NullMarked;
