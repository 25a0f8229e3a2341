package dev.betterbase.sync.rpc;

import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.settings.Limits;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What all connections of a node share: those of clients, or those of peers.
 *
 * @param limits the limits in force
 * @param authenticator looks at first frames and new tokens
 * @param dispatcher finds the handler of a request
 * @param slots counts connections by owner
 * @param waitingRoom counts those that have not authenticated
 * @param sendBudget bounds what waits to be sent
 * @param streamLimits how many streams a connection may have
 * @param streamExecutor runs what streams; its threads are for that alone
 * @param time the wall clock, for the expiry of tokens
 * @param nanoTime the monotonic clock, for everything else
 * @param random spreads the lives of connections
 * @param gone told when a connection is no more
 */
record ConnectionContext(
    Limits limits,
    Authenticator authenticator,
    Dispatcher dispatcher,
    ConnectionSlots slots,
    WaitingRoom waitingRoom,
    SendBudget sendBudget,
    Streams.Limits streamLimits,
    Executor streamExecutor,
    InstantSource time,
    LongSupplier nanoTime,
    RandomGenerator random,
    Consumer<RpcConnection> gone) {}
