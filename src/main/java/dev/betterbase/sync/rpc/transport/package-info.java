/** What a connection of the protocol needs of a WebSocket, and the transports that provide it. */
@NullMarked
package dev.betterbase.sync.rpc.transport;

import org.jspecify.annotations.NullMarked;
