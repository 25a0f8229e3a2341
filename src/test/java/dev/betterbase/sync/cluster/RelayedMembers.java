package dev.betterbase.sync.cluster;

import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Relay;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Where the servers of a cluster find one another: each through a relay that can be cut. */
final class RelayedMembers implements AutoCloseable {
  private final List<Integer> ports;
  private final List<Relay> relays;

  RelayedMembers(int number) {
    ports = IntStream.range(0, number).mapToObj(i -> Ports.free()).toList();
    relays = ports.stream().map(Relay::to).toList();
  }

  /** Makes a server one of the cluster; they are counted from 0. */
  ServerProcess.Builder join(ServerProcess.Builder server, int number) {
    String members = relays.stream().map(RelayedMembers::address).collect(Collectors.joining(","));
    return server
        .with("CLUSTER", "hazelcast")
        .with("CLUSTER_LISTEN_ADDR", "127.0.0.1:" + ports.get(number))
        .with("CLUSTER_MEMBERS", members)
        .with("CLUSTER_SECRET", "what only the nodes of this test know")
        .jvm("-Dhazelcast.local.publicAddress=" + address(relays.get(number)));
  }

  private static String address(Relay relay) {
    return "127.0.0.1:" + relay.port();
  }

  /** From now on, each server is cut off from all others. */
  void cut() {
    relays.forEach(Relay::cut);
  }

  /** The servers can reach one another again. */
  void reopen() {
    relays.forEach(Relay::reopen);
  }

  /** Whether each of the servers sees as many in its cluster, itself included. */
  static boolean allSee(List<ServerProcess> servers, int number) throws IOException {
    for (ServerProcess server : servers) {
      if (!metrics(server).contains("betterbase_cluster_nodes " + number + ".0\n")) {
        return false;
      }
    }
    return true;
  }

  /** What a server answers at {@code /metrics}. */
  static String metrics(ServerProcess server) throws IOException {
    return server
        .send(
            HttpRequest.newBuilder(server.uri("/metrics"))
                .header("Authorization", "Bearer " + TestServer.METRICS_TOKEN))
        .body();
  }

  @Override
  public void close() {
    relays.forEach(Relay::close);
  }
}
