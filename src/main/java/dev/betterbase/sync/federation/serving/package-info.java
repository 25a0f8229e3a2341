/**
 * The routes and methods that peers call on this server. The names of its classes begin with Peer.
 */
@NullMarked
package dev.betterbase.sync.federation.serving;

import org.jspecify.annotations.NullMarked;
