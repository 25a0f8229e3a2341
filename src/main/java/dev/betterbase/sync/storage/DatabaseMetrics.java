package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the work that {@link Database} and {@link Entities} do. The label {@code work} is
 * the fixed name of a piece of work, such as {@code push}.
 */
final class DatabaseMetrics {
  private static final String WORK = "work";

  private static final Duration[] LATENCIES = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30)
  };

  private final MeterRegistry registry;
  private final RecentFaults faults;
  private final ConcurrentHashMap<String, Timer> work = new ConcurrentHashMap<>();
  private final AtomicInteger inUse = new AtomicInteger();
  private final Timer waits;
  private volatile IntSupplier away = () -> 0;

  /**
   * @param faults keeps the failures
   * @param poolSize the connections that the pools of all databases may have
   */
  DatabaseMetrics(MeterRegistry registry, RecentFaults faults, int poolSize) {
    this.registry = registry;
    this.faults = faults;
    this.waits =
        Timer.builder("betterbase.database.connection.waits")
            .description("Waits for a connection of the pool")
            .serviceLevelObjectives(LATENCIES)
            .register(registry);
    Gauge.builder("betterbase.database.connections.used", inUse, AtomicInteger::get)
        .description("Connections of the pools in use for work in plain JDBC")
        .strongReference(true)
        .register(registry);
    Gauge.builder("betterbase.database.connections.limit", () -> poolSize)
        .description("Connections that the pools may have (DATABASE_POOL_SIZE for each database)")
        .strongReference(true)
        .register(registry);
    Gauge.builder("betterbase.database.shards.away", () -> away.getAsInt())
        .description("Databases of DATABASE_SHARDS that do not answer")
        .strongReference(true)
        .register(registry);
    // Shown before the first failure, so that an alert can tell it from no failure at all.
    Counter unused = failures("ping", "none");
    for (ReplicaOutcome outcome : ReplicaOutcome.values()) {
      Counter unusedReads = replicaReads(outcome);
    }
  }

  /**
   * There are several databases.
   *
   * @param away counts those that do not answer
   */
  void watchShards(IntSupplier away) {
    this.away = away;
  }

  /** A connection was taken from the pool. */
  void taken(long waitedNanos) {
    waits.record(waitedNanos, TimeUnit.NANOSECONDS);
    inUse.incrementAndGet();
  }

  /** A connection was given back to the pool. */
  void givenBack() {
    inUse.decrementAndGet();
  }

  /** A piece of work has ended, well or not. */
  void done(String what, long nanos) {
    work.computeIfAbsent(what, this::timer).record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer timer(String what) {
    return Timer.builder("betterbase.database.work")
        .description("Work on the database, by what was done")
        .serviceLevelObjectives(LATENCIES)
        .tag(WORK, what)
        .register(registry);
  }

  /**
   * A piece of work has failed, or found no connection.
   *
   * @param sqlState null if the failure is not PostgreSQL's
   */
  void failed(String what, @Nullable String sqlState) {
    String kind = sqlState == null || sqlState.length() < 2 ? "none" : sqlState.substring(0, 2);
    failures(what, kind).increment();
    faults.add(Fault.Kind.DATABASE, what, RecentFaults.sqlState(sqlState));
  }

  /** The outcome of a read for which a replica was asked. */
  enum ReplicaOutcome {
    READ,
    BEHIND,
    FAILED
  }

  /** A replica was asked. */
  void asked(ReplicaOutcome outcome) {
    replicaReads(outcome).increment();
  }

  private Counter replicaReads(ReplicaOutcome outcome) {
    return Counter.builder("betterbase.database.replica.reads")
        .description("Reads for which a replica was asked (DATABASE_REPLICAS)")
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private Counter failures(String what, String kind) {
    return Counter.builder("betterbase.database.failures")
        .description("Work that failed, by the class of its SQLSTATE (its first two characters)")
        .tag(WORK, what)
        .tag("sqlstate", kind)
        .register(registry);
  }
}
