/**
 * Bounds on how often something may happen within some time, for one connection, one person or one
 * node. Which class to take depends on what the protocol promises:
 *
 * <ul>
 *   <li>{@link dev.betterbase.sync.rate.RecentCount}: never more than n in any stretch of time. It
 *       remembers each time, so it is for small numbers.
 *   <li>{@link dev.betterbase.sync.rate.TokenBucket}: a rate in the long run, and a burst on top.
 *       It needs the same memory for any number.
 *   <li>{@link dev.betterbase.sync.rate.TokenBuckets}: a token bucket for each key, for limits that
 *       hold however often a person comes back. They are lost at a restart.
 *   <li>{@link dev.betterbase.sync.rate.Occasions}: one report in a stretch of time, and a count of
 *       the rest. It is for logs.
 * </ul>
 *
 * <p>Other bounds only look alike, and are elsewhere. {@code ratelimit} counts people in the
 * database, because those counts must survive a restart and be part of a transaction. {@code
 * PeerQuota} counts several amounts together in one fixed hour, as federation.md defines. {@code
 * Pace} and the inbound side of the upgrade transport demand that something is fast enough instead
 * of forbidding that it is too fast.
 */
@NullMarked
package dev.betterbase.sync.rate;

import org.jspecify.annotations.NullMarked;
