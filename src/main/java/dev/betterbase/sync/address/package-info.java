/** From which address a request comes: the peer itself, or the client of a trusted proxy. */
@NullMarked
package dev.betterbase.sync.address;

import org.jspecify.annotations.NullMarked;
