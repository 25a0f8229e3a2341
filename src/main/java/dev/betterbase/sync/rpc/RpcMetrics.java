package dev.betterbase.sync.rpc;

import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.rpc.method.RpcHandler.Callers;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The meters of all connections of clients, or of all connections of peers. Every label is from a
 * fixed set: kinds of callers, methods of the protocol, error codes and close codes.
 */
final class RpcMetrics {
  /** The label of a method that the protocol does not have: its name is the caller's. */
  static final String UNKNOWN_METHOD = "unknown";

  private static final String CALLER = "caller";
  private static final String METHOD = "method";
  private static final String CODE = "code";
  private static final String BYTES = "bytes";

  /** The close code of a connection that the other side closed, or that broke. */
  private static final String NONE = "none";

  /** From a request that touches no database to the longest that one may take. */
  private static final Duration[] LATENCIES = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30)
  };

  private static final double[] QUEUE_BYTES = {1_024, 65_536, 1_048_576, 4_194_304, 12_582_912};

  private final MeterRegistry registry;
  private final RequestSpans spans;
  private final RecentFaults faults;
  private final String caller;
  private final Map<String, Timer> methods = new HashMap<>();
  private final Map<CloseCode, Counter> closed = new EnumMap<>(CloseCode.class);
  private final Counter ended;
  private final DistributionSummary highWater;
  private final LongAdder open = new LongAdder();
  private final LongAdder refusedHandshakes = new LongAdder();
  private final LongAdder framesIn = new LongAdder();
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder framesOut = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();

  /**
   * @param spans traces the requests as well
   * @param faults keeps the errors of this server
   */
  RpcMetrics(MeterRegistry registry, RequestSpans spans, RecentFaults faults, Callers callers) {
    this.registry = registry;
    this.spans = spans;
    this.faults = faults;
    this.caller = callers == Callers.PEERS ? "peer" : "client";
    for (CloseCode code : CloseCode.values()) {
      closed.put(code, closes(Integer.toString(code.number())));
    }
    ended = closes(NONE);
    highWater =
        DistributionSummary.builder("betterbase.send.queue.high.water")
            .description("The most that waited to be sent at a time, of each closed connection")
            .baseUnit(BYTES)
            .serviceLevelObjectives(QUEUE_BYTES)
            .tag(CALLER, caller)
            .register(registry);
    count("betterbase.messages.received", "Messages received", framesIn, null);
    count("betterbase.received", "Bytes of the messages received", bytesIn, BYTES);
    count("betterbase.messages.sent", "Messages sent", framesOut, null);
    count("betterbase.sent", "Bytes of the messages sent", bytesOut, BYTES);
  }

  private Counter closes(String code) {
    return Counter.builder("betterbase.connections.closed")
        .description("Closed connections by the code that this server closed with")
        .tag(CALLER, caller)
        .tag(CODE, code)
        .register(registry);
  }

  private void count(String name, String description, LongAdder counted, @Nullable String unit) {
    FunctionCounter.builder(name, counted, LongAdder::doubleValue)
        .description(description)
        .baseUnit(unit)
        .tag(CALLER, caller)
        .register(registry);
  }

  /** Shows the memory of the frames that wait to be sent on all connections of the node. */
  static void show(MeterRegistry registry, SendBudget budget) {
    Gauge.builder("betterbase.send.budget.held", budget, SendBudget::held)
        .description("Bytes of replies and chunks that wait to be sent on all connections")
        .baseUnit(BYTES)
        .strongReference(true)
        .register(registry);
    Gauge.builder("betterbase.send.budget.capacity", budget, SendBudget::capacity)
        .description("Bytes of replies and chunks that may wait before connections get less room")
        .baseUnit(BYTES)
        .strongReference(true)
        .register(registry);
  }

  /**
   * Shows the number of open connections from now on.
   *
   * @param transport their transport, the same for all of a deployment
   */
  void showConnections(String transport) {
    Gauge.builder("betterbase.connections", open, LongAdder::doubleValue)
        .description("Open connections, and those that are closing")
        .tag(CALLER, caller)
        .tag("transport", transport)
        .strongReference(true)
        .register(registry);
  }

  /**
   * Shows the connections that have not authenticated yet, and the handshakes that were refused.
   */
  void showWaiting(WaitingRoom room) {
    Gauge.builder("betterbase.connections.unauthenticated", room, WaitingRoom::size)
        .description("Open connections that have not authenticated yet")
        .strongReference(true)
        .register(registry);
    FunctionCounter.builder(
            "betterbase.handshakes.refused", refusedHandshakes, LongAdder::doubleValue)
        .description("Handshakes answered with 503: too many connections wait, or it is stopping")
        .register(registry);
  }

  /** Counts a handshake that was refused for want of a place. */
  void handshakeRefused() {
    refusedHandshakes.increment();
  }

  /** Counts a connection that has begun. */
  void opened() {
    open.increment();
  }

  /** Registers a method, so that it is shown before it is first called. */
  void add(String method) {
    methods.put(
        method,
        Timer.builder("betterbase.rpc.requests")
            .description("Requests by method, from their frame until their last reply is queued")
            .serviceLevelObjectives(LATENCIES)
            .tag(CALLER, caller)
            .tag(METHOD, method)
            .register(registry));
  }

  /**
   * Counts a request that has ended.
   *
   * @param method as the caller named it
   * @param error null if it succeeded
   */
  void ended(String method, long nanos, @Nullable ErrorCode error) {
    Timer timer = methods.get(method);
    if (timer != null) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }
    spans.ended(caller, timer == null ? UNKNOWN_METHOD : method, nanos, error);
    if (error != null) {
      Counter.builder("betterbase.rpc.errors")
          .description("Requests that ended with an error")
          .tag(CALLER, caller)
          .tag(METHOD, timer == null ? UNKNOWN_METHOD : method)
          .tag(CODE, error.text())
          .register(registry)
          .increment();
    }
  }

  /**
   * Keeps an error of this server.
   *
   * @param method as the caller named it
   * @param cause null if only the code of the error is known
   */
  void failed(String method, @Nullable Throwable cause) {
    String known = methods.containsKey(method) ? method : UNKNOWN_METHOD;
    if (cause == null) {
      faults.add(Fault.Kind.REQUEST, known, ErrorCode.INTERNAL.text());
    } else {
      faults.add(Fault.Kind.REQUEST, known, cause);
    }
  }

  /** Counts a message that came in. */
  void received(int bytes) {
    framesIn.increment();
    bytesIn.add(bytes);
  }

  /** Counts messages that go out. */
  void sent(List<byte[]> messages) {
    long bytes = 0;
    for (byte[] message : messages) {
      bytes += message.length;
    }
    framesOut.add(messages.size());
    bytesOut.add(bytes);
  }

  /**
   * Counts a connection that has ended.
   *
   * @param close null if the other side closed it, or it broke
   * @param highWaterBytes the most that waited on it at a time
   */
  void closed(@Nullable Close close, long highWaterBytes) {
    open.decrement();
    (close == null ? ended : closed.getOrDefault(close.code(), ended)).increment();
    highWater.record((double) highWaterBytes);
  }
}
