/** This server calls a home server for its own members. Classes here are named Home…. */
@NullMarked
package dev.betterbase.sync.federation.calling;

import org.jspecify.annotations.NullMarked;
