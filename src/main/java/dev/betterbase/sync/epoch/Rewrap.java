package dev.betterbase.sync.epoch;

import dev.betterbase.sync.protocol.WrappedDek;
import java.util.UUID;

/**
 * The DEK that a record or file is to have.
 *
 * @param id the id of the record or file
 */
record Rewrap(UUID id, WrappedDek dek) {}
