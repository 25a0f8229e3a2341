/** The betterbase-sync server. */
@NullMarked
package dev.betterbase.sync;

import org.jspecify.annotations.NullMarked;
