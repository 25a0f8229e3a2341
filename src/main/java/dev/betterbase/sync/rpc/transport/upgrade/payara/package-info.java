/**
 * Everything that knows Payara's own classes. If a member of them is missing, because the server is
 * another one or has changed, the plain way of the Servlet API is taken and the log says so.
 *
 * <p>For each member there are two tests: the transport contract looks for its effect on a running
 * Payara, and {@code PlainWayTest} does without it.
 */
@NullMarked
package dev.betterbase.sync.rpc.transport.upgrade.payara;

import org.jspecify.annotations.NullMarked;
