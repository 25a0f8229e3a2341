/** The load program: what the packaged server does on this machine, in one table. */
@NullMarked
package dev.betterbase.sync.bench;

import org.jspecify.annotations.NullMarked;
