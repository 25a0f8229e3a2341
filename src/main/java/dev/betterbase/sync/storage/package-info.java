/**
 * The ground under every store: the datasource, statements with a time-out, what went wrong in the
 * database, the entry into a space, and the jobs that run and purge again and again.
 */
@NullMarked
package dev.betterbase.sync.storage;

import org.jspecify.annotations.NullMarked;
