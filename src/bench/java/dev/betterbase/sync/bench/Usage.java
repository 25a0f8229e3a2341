package dev.betterbase.sync.bench;

/**
 * Time that passed and CPU that was used meanwhile, in seconds.
 *
 * @param wall on the clock
 * @param server by the server's JVM
 * @param postgres by all processes of PostgreSQL
 * @param client by the load client, or by what else makes the load
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
