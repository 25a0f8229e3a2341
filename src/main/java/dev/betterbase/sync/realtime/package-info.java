/** Subscriptions, and the fan-out of notifications to them. */
@NullMarked
package dev.betterbase.sync.realtime;

import org.jspecify.annotations.NullMarked;
