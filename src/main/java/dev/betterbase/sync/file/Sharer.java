package dev.betterbase.sync.file;

import dev.betterbase.sync.address.ClientAddress;

/**
 * Who transfers a file, as far as it counts for the places that transfers share.
 *
 * @param party the person, or the peer; see {@code Caller.party}
 * @param address the address from which the request comes
 */
public record Sharer(Object party, ClientAddress address) {}
