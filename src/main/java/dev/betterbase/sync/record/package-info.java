/** Records: push, pull and the sync notification. */
@NullMarked
package dev.betterbase.sync.record;

import org.jspecify.annotations.NullMarked;
