package dev.betterbase.sync.bench;

import java.time.Duration;

/**
 * What PostgreSQL gives for the same work without a server in front.
 *
 * @param by what measured it: {@code pgbench}, or {@code JDBC} where there is none
 * @param seconds over which it was measured
 * @param usage as that of the server's cases; the client is what made the load
 */
record Limit(String by, Latencies latencies, double seconds, Usage usage) {
  /** Calls of the function a second. */
  double rate() {
    return latencies.count() / seconds;
  }

  /** Both, one after the other. */
  Limit plus(Limit other) {
    Latencies both = new Latencies();
    both.addAll(latencies);
    both.addAll(other.latencies);
    return new Limit(by, both, seconds + other.seconds, usage.plus(other.usage));
  }

  /** Something that measures it. */
  interface Program {
    /**
     * Calls the function for that long.
     *
     * @param clients connections, each in a space of its own
     * @param records a call
     */
    Limit run(int clients, int records, Duration time) throws Exception;
  }
}
