/**
 * What a method sees: the interfaces of handlers, the connection and its caller, replies and
 * streams.
 */
@NullMarked
package dev.betterbase.sync.rpc.method;

import org.jspecify.annotations.NullMarked;
