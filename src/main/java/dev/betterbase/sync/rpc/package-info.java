/** One connection: handshake, authentication, lifecycle, dispatch and the outbound queue. */
@NullMarked
package dev.betterbase.sync.rpc;

import org.jspecify.annotations.NullMarked;
