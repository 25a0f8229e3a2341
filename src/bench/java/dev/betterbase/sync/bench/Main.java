package dev.betterbase.sync.bench;

import dev.betterbase.sync.cluster.BusCost;
import dev.betterbase.sync.federation.FederationLatency;

/**
 * The programs that measure, each by its name: {@code mvn -Pbench package -Dbench.program=files}.
 */
final class Main {
  private Main() {}

  /** Runs the program that the first argument names. */
  public static void main(String[] arguments) throws Exception {
    String program = arguments.length == 1 ? arguments[0] : "";
    String[] none = {};
    switch (program) {
      case "load" -> Bench.main(none);
      case "files" -> FileBench.main(none);
      case "transport" -> TransportBench.main(none);
      case "federation" -> FederationLatency.main(none);
      case "cluster" -> BusCost.main(none);
      case "capacity" -> CapacityBench.main(none);
      case "pages" -> PageBench.main(none);
      case "quota" -> QuotaBench.main(none);
      case "jmh" -> org.openjdk.jmh.Main.main(new String[] {"dev.betterbase.sync"});
      default -> {
        System.err.println(
            "bench.program is load, files, transport, federation, cluster, capacity, pages, quota"
                + " or jmh");
        System.exit(2);
      }
    }
  }
}
