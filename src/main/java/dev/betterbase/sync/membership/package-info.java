/** The membership log of a space, and the revocation of capabilities. */
@NullMarked
package dev.betterbase.sync.membership;

import org.jspecify.annotations.NullMarked;
