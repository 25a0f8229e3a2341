/**
 * What every store uses: the datasource, statements with a time-out, storage errors, the outcome of
 * work in a space, and the base of periodic jobs.
 */
@NullMarked
package dev.betterbase.sync.storage;

import org.jspecify.annotations.NullMarked;
