/** The transport over the standard Jakarta WebSocket API, which every server has. */
@NullMarked
package dev.betterbase.sync.rpc.transport.standard;

import org.jspecify.annotations.NullMarked;
