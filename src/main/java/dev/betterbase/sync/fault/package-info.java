/**
 * What failed inside this server: the lines of the log about it, and the last errors of this node
 * for the admin page.
 */
@NullMarked
package dev.betterbase.sync.fault;

import org.jspecify.annotations.NullMarked;
