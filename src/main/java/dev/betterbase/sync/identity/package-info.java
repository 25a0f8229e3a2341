/** The identity of callers: access tokens, issuers' key sets, did:key, personal space ids. */
@NullMarked
package dev.betterbase.sync.identity;

import org.jspecify.annotations.NullMarked;
