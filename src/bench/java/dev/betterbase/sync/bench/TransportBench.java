package dev.betterbase.sync.bench;

import dev.betterbase.sync.rpc.ProbeServer;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Measures both WebSocket transports on Payara Micro, side by side: the probe application in a
 * process of its own, the client in this one, on the same processors. The client only counts bytes
 * and does not parse them.
 *
 * <p>{@code mvn -Pbench package -Dbench.program=transport}
 */
public final class TransportBench {
  private TransportBench() {}

  /** Runs it for the named transports, or for all. */
  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    out.printf(
        Locale.ROOT,
        "Java %s, %d processors, heap of the server 1 GiB%n%n",
        Runtime.version(),
        Runtime.getRuntime().availableProcessors());
    out.println("| what | transport | figure | server's CPU | |");
    out.println("| --- | --- | --- | --- | --- |");
    out.println(PlainSockets.stream().row("plain sockets"));
    for (String transport :
        arguments.length > 0 ? List.of(arguments) : List.of("standard", "upgrade")) {
      try (ProbeServer server = ProbeServer.start("1g", List.of())) {
        var load = new TransportLoad(server, transport);
        out.println(load.stream().row(transport));
        out.println(load.echo().row(transport));
        out.println(load.fanOut().row(transport));
        out.println(load.idle().row(transport));
      }
      try (ProbeServer server = ProbeServer.start("1g", List.of())) {
        out.println(new TransportLoad(server, transport).stalled().row(transport));
      }
    }
  }

  /** One line of the table. */
  record Line(String what, String figure, String cpu, String detail) {
    String row(String transport) {
      return "| " + what + " | " + transport + " | " + figure + " | " + cpu + " | " + detail + " |";
    }

    static String rate(double value) {
      return String.format(Locale.ROOT, "%,.0f/s", value);
    }
  }
}
