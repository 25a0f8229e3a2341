/** The seam below a connection and the WebSocket transports behind it. */
@NullMarked
package dev.betterbase.sync.rpc.transport;

import org.jspecify.annotations.NullMarked;
