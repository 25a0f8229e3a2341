package dev.betterbase.sync.bench;

import java.time.Duration;

/**
 * What PostgreSQL achieves with the same work without a server in front.
 *
 * @param by the tool: {@code pgbench}, or {@code JDBC} if there is none
 * @param seconds the length of the measurement
 * @param usage as in the cases of the server; the client is the tool
 */
record Limit(String by, Latencies latencies, double seconds, Usage usage) {
  /** Measures nothing, where the limit is another server. */
  static final Program NONE =
      (clients, records, time) -> new Limit("none", new Latencies(), 1, Usage.NONE);

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

  /** A tool that measures a limit. */
  interface Program {
    /**
     * Calls the function for this long.
     *
     * @param clients connections, each in its own space
     * @param records a call
     */
    Limit run(int clients, int records, Duration time) throws Exception;
  }
}
