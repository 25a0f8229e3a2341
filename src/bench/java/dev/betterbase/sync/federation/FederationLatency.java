package dev.betterbase.sync.federation;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The time until a push is seen by a member on the same server, and by one on another. Two packaged
 * servers run on loopback, each with its own database; one push follows another.
 */
public final class FederationLatency {
  private static final int WARM_UP = 200;
  private static final int MEASURED = 1_000;
  private static final int HOME = 0;
  private static final int AWAY = 1;

  private FederationLatency() {}

  /** Runs it, and prints one table. */
  public static void main(String[] arguments) {
    try (Servers servers = Servers.start(2, builder -> builder.heap("512m"))) {
      SharedSpace space = servers.newSpace(HOME, AWAY);
      Member away = servers.invite(space, "write", AWAY);
      try (WireClient home = subscribed(space.admin());
          WireClient other = subscribed(space.admin());
          WireClient remote = subscribed(away);
          WireClient neighbour = subscribed(away)) {
        System.out.println("push of 512 bytes until it is seen, microseconds: median, 99th of 100");
        List<WireClient> all = List.of(home, other, remote, neighbour);
        print("pushed at the home, seen at the home", all, home, space.admin(), other);
        print("pushed at the home, seen on the other server", all, home, space.admin(), remote);
        print("pushed on the other server, seen at the home", all, remote, away, other);
        print("pushed on the other server, seen there", all, remote, away, neighbour);
      }
    }
    System.exit(0);
  }

  private static WireClient subscribed(Member member) {
    WireClient client = member.connect();
    client.request("subscribe", member.spaces(0)).ok();
    return client;
  }

  private static void print(
      String what, List<WireClient> all, WireClient pusher, Member member, WireClient watcher) {
    long[] nanos = new long[MEASURED];
    for (int i = -WARM_UP; i < MEASURED; i++) {
      Map<String, Object> params =
          member.params("changes", List.of(Requests.put(Requests.newId(), 0, Requests.blob(512))));
      long began = System.nanoTime();
      String id = pusher.start("push", params);
      watcher.expectNotification("sync");
      if (i >= 0) {
        nanos[i] = System.nanoTime() - began;
      }
      pusher.await(id).ok();
      for (WireClient each : all) {
        if (each != pusher && each != watcher) {
          each.expectNotification("sync");
        }
      }
    }
    Arrays.sort(nanos);
    System.out.printf(
        "%-48s %7d %7d%n", what, nanos[MEASURED / 2] / 1_000, nanos[MEASURED * 99 / 100] / 1_000);
  }
}
