/** Spaces, and what a caller may do in one. */
@NullMarked
package dev.betterbase.sync.space;

import org.jspecify.annotations.NullMarked;
