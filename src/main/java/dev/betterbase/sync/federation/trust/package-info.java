/**
 * Trust between servers: keys, signatures, subscribe tokens, quotas, and the addresses that may be
 * dialled.
 */
@NullMarked
package dev.betterbase.sync.federation.trust;

import org.jspecify.annotations.NullMarked;
