/**
 * The transport over a servlet upgrade. Jetty's codec reads and writes frames on the bare streams
 * of the connection. So limits hold before memory is used, reading can be suspended, and many
 * messages leave in one write.
 */
@NullMarked
package dev.betterbase.sync.rpc.transport.upgrade;

import org.jspecify.annotations.NullMarked;
