/**
 * The parts of a WebSocket that a connection of the protocol needs, and the transports that provide
 * it.
 */
@NullMarked
package dev.betterbase.sync.rpc.transport;

import org.jspecify.annotations.NullMarked;
