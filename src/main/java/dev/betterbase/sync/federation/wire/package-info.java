/** What both sides of federation read and write. */
@NullMarked
package dev.betterbase.sync.federation.wire;

import org.jspecify.annotations.NullMarked;
