/**
 * All that knows the classes of Payara. Each trick here has the plain way of the Servlet API behind
 * it, which is taken where Payara is not the server or has changed.
 */
@NullMarked
package dev.betterbase.sync.rpc.transport.upgrade.payara;

import org.jspecify.annotations.NullMarked;
