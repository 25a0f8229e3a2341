/**
 * What holds on the listeners of Payara before the application knows of a request: bounds on
 * connections and headers, and the refusal of malformed requests. The launcher of the jar uses it
 * when it opens the port, the application on Payara Server when it is deployed.
 */
@NullMarked
package dev.betterbase.sync.listener;

import org.jspecify.annotations.NullMarked;
