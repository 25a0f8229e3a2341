/** The security log: attacks, and changes of rights (docs/security.md). */
@NullMarked
package dev.betterbase.sync.security;

import org.jspecify.annotations.NullMarked;
