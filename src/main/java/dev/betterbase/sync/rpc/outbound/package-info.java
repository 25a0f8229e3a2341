/** The outbound queue of a connection: waiting frames, their lanes, and the memory budget. */
@NullMarked
package dev.betterbase.sync.rpc.outbound;

import org.jspecify.annotations.NullMarked;
