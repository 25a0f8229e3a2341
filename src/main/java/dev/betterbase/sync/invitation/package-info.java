/** Invitations and the mailboxes that they lie in. */
@NullMarked
package dev.betterbase.sync.invitation;

import org.jspecify.annotations.NullMarked;
