/**
 * Bounds on the connections and headers of Payara's listeners, and the refusal of malformed
 * requests, before the application knows of a request. The launcher of the jar uses it when it
 * opens the port, the application on Payara Server when it is deployed.
 */
@NullMarked
package dev.betterbase.sync.listener;

import org.jspecify.annotations.NullMarked;
