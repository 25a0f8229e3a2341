/**
 * The wire: frames, CBOR reading and writing, ids, error and close codes. Depends on no other
 * package.
 */
@NullMarked
package dev.betterbase.sync.protocol;

import org.jspecify.annotations.NullMarked;
