package dev.betterbase.sync.file;

import dev.betterbase.sync.address.ClientAddress;

/**
 * The person and the address that a transfer counts for.
 *
 * @param party the person, or the peer; see {@code Caller.party}
 * @param address the address from which the request comes
 */
public record Sharer(Object party, ClientAddress address) {}
