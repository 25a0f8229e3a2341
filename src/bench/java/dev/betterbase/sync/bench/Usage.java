package dev.betterbase.sync.bench;

/**
 * Elapsed time and the CPU time used in it, in seconds.
 *
 * @param wall elapsed time
 * @param server CPU time of the server's JVM
 * @param postgres CPU time of all processes of PostgreSQL
 * @param client CPU time of the load client, or of another program that makes the load
 */
record Usage(double wall, double server, double postgres, double client) {
  static final Usage NONE = new Usage(0, 0, 0, 0);

  Usage plus(Usage other) {
    return new Usage(
        wall + other.wall, server + other.server, postgres + other.postgres, client + other.client);
  }

  Usage since(Usage before) {
    return new Usage(
        wall - before.wall,
        server - before.server,
        postgres - before.postgres,
        client - before.client);
  }
}
