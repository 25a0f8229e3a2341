/**
 * The transport over a servlet upgrade: frames are read and written by Jetty's codec on the bare
 * streams of the connection, so that limits hold before memory is taken, reading can be suspended,
 * and many messages leave in one write.
 */
@NullMarked
package dev.betterbase.sync.rpc.transport.upgrade;

import org.jspecify.annotations.NullMarked;
