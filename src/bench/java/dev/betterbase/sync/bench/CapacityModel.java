package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Costs.Item;

/**
 * How many machines a load needs, by what its parts cost (docs/scaling.md). It counts processor
 * time and memory. What it leaves out is said there.
 *
 * @param costs what the parts of the load cost
 * @param machine the machine of one node
 */
record CapacityModel(Costs costs, Machine machine) {
  /** Processors are planned to be half busy, so that a burst or the loss of a node fits in. */
  static final double BUSY = 0.5;

  /** A heap needs room beside what lives in it, or the collector is always at work. */
  static final double HEAP_ROOM = 2;

  private static final double MICROS = 1e-6;
  private static final double KILOBYTE = 1e3;
  private static final double MEGABYTE = 1e6;
  private static final double GIGABYTE = 1e9;

  /**
   * @param processors of a node
   * @param gigabytes the memory of a node (10⁹ bytes)
   * @param databaseProcessors of a machine for PostgreSQL
   */
  record Machine(int processors, int gigabytes, int databaseProcessors) {
    Machine {
      if (processors < 1 || gigabytes < 1 || databaseProcessors < 1) {
        throw new IllegalArgumentException("a machine has at least one of each");
      }
    }
  }

  /**
   * @param connections that are open at a time
   * @param pushes a second, of one record each
   * @param subscribers of a space, on average, apart from the one who pushes
   */
  record Load(long connections, double pushes, double subscribers) {
    Load {
      if (connections < 1 || pushes < 0 || subscribers < 0) {
        throw new IllegalArgumentException("a load is not negative");
      }
    }
  }

  /**
   * What a load needs.
   *
   * @param nodes the number of nodes; 0 if no number of such nodes can bear it
   * @param gigabytes of memory that each of them uses
   * @param busy the share of a node's processors that is busy; with 0 nodes, the share that the bus
   *     alone would take
   * @param databaseProcessors busy processors of PostgreSQL, in all
   * @param databases the number of machines that PostgreSQL needs
   * @param reconnectSeconds the time that the other nodes take to let the clients of a lost node in
   *     again
   */
  record Plan(
      long nodes,
      double gigabytes,
      double busy,
      double databaseProcessors,
      long databases,
      double reconnectSeconds) {}

  Plan plan(Load load) {
    double perPush = processors(load.pushes(), Item.PUSH_NODE);
    double deliveries = processors(load.pushes() * load.subscribers(), Item.DELIVERY);
    double bus = processors(load.pushes(), Item.PUSH_OTHER_NODE);
    double planned = machine.processors() * BUSY;
    double database = processors(load.pushes(), Item.PUSH_DATABASE);
    long databases = atLeastOne(database / (machine.databaseProcessors() * BUSY));
    long byMemory = atLeastOne(load.connections() / connectionsThatFit());
    double alone = perPush + deliveries;
    if (byMemory == 1 && alone <= planned) {
      return plan(load, 1, alone, database, databases);
    }
    // Each node hears of the pushes of all others: n × planned ≥ alone + (n − 1) × bus.
    double room = planned - bus;
    if (room <= 0) {
      return new Plan(0, 0, bus / machine.processors(), database, databases, 0);
    }
    long byProcessors = (long) Math.ceil((alone - bus) / room);
    long nodes = Math.max(2, Math.max(byMemory, byProcessors));
    return plan(load, nodes, alone + (nodes - 1) * bus, database, databases);
  }

  private Plan plan(Load load, long nodes, double busy, double database, long databases) {
    double connections = (double) load.connections() / nodes;
    double memory = costs.of(Item.PROCESS) * MEGABYTE + connections * bytesOfConnection();
    double others = Math.max(1, nodes - 1) * machine.processors() * (1 - BUSY);
    return new Plan(
        nodes,
        memory / GIGABYTE,
        busy / (nodes * machine.processors()),
        database,
        databases,
        processors(connections, Item.CONNECT) / others);
  }

  private double connectionsThatFit() {
    double room = machine.gigabytes() * GIGABYTE * BUSY - costs.of(Item.PROCESS) * MEGABYTE;
    return Math.max(1, room / bytesOfConnection());
  }

  private double bytesOfConnection() {
    return costs.of(Item.IDLE_CONNECTION) * KILOBYTE * HEAP_ROOM;
  }

  /** Processors that are busy with this number of an item a second. */
  private double processors(double rate, Item item) {
    return rate * costs.of(item) * MICROS;
  }

  private static long atLeastOne(double number) {
    return Math.max(1, (long) Math.ceil(number));
  }
}
