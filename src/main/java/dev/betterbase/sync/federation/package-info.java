/** Servers that trust one another: signing keys, serving peers, calling home servers, quotas. */
@NullMarked
package dev.betterbase.sync.federation;

import org.jspecify.annotations.NullMarked;
