/** The last errors of this node, for the admin page. */
@NullMarked
package dev.betterbase.sync.fault;

import org.jspecify.annotations.NullMarked;
