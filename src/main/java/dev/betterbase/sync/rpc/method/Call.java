package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.Params;

/**
 * A request, decoded and as it was sent.
 *
 * @param method the name it was called by, which is one of the handler's
 * @param params the params, as the handler's {@code read} returned them
 * @param sent the params as they came; they keep the whole message in memory
 * @param <P> the handler's params
 */
public record Call<P>(String method, P params, Params sent) {}
