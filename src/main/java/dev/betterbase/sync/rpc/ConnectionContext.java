package dev.betterbase.sync.rpc;

import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Limits;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The resources that all client connections of a node share, or all peer connections.
 *
 * @param limits the limits in force
 * @param authenticator verifies first frames and new tokens
 * @param dispatcher finds the handler of a request
 * @param security writes down whom the node refuses
 * @param slots counts connections by owner
 * @param frameRates bounds the frames that come in
 * @param waitingRoom counts the connections that have not authenticated
 * @param metrics the meters of these connections
 * @param sendBudget bounds the memory of the frames that wait to be sent
 * @param streamLimits the most streams of a connection
 * @param streamExecutor runs streams, on threads that do nothing else
 * @param time the wall clock, for the expiry of tokens
 * @param nanoTime the monotonic clock, for everything else
 * @param random spreads the lifetimes of connections
 * @param gone called when a connection is gone
 */
record ConnectionContext(
    Limits limits,
    Authenticator authenticator,
    Dispatcher dispatcher,
    SecurityLog security,
    ConnectionSlots slots,
    FrameRates frameRates,
    WaitingRoom waitingRoom,
    RpcMetrics metrics,
    SendBudget sendBudget,
    Streams.Limits streamLimits,
    FairExecutor streamExecutor,
    InstantSource time,
    LongSupplier nanoTime,
    RandomGenerator random,
    Consumer<RpcConnection> gone) {}
