/** What waits to be sent on a connection: the queue, its lanes and the budget of memory. */
@NullMarked
package dev.betterbase.sync.rpc.outbound;

import org.jspecify.annotations.NullMarked;
