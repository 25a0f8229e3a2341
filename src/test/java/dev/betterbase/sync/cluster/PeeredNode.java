package dev.betterbase.sync.cluster;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.TestPeer;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import java.util.List;
import java.util.stream.Collectors;

/** A further node on the database and the files of {@link SharedServers#peered}. */
final class PeeredNode {
  private PeeredNode() {}

  /**
   * A node of a cluster of two, with small quotas of its peers.
   *
   * @param port where it listens to the other one
   * @param otherPort where the other one listens
   */
  static ServerProcess.Builder builder(
      TestServer first, List<TestPeer> peers, int port, int otherPort) {
    return ServerProcess.builder()
        .with("DATABASE_URL", SharedServers.peeredDatabase().url())
        .with("TRUSTED_ISSUERS", first.issuer().url())
        .with("METRICS_TOKEN", TestServer.METRICS_TOKEN)
        .with("ADMIN_TOKEN", AdminClient.TOKEN)
        .with("FILE_STORAGE_BACKEND", "local")
        .with("FILE_STORAGE_PATH", first.process().folder().resolve("data/files").toString())
        .with(
            "FEDERATION_TRUSTED_KEYS",
            peers.stream().map(TestPeer::trustedKeysEntry).collect(Collectors.joining(" ")))
        .with("FEDERATION_MAX_CONNECTIONS", "3")
        .with("FEDERATION_MAX_SPACES", "1")
        .with("FEDERATION_MAX_RECORDS_PER_HOUR", "4")
        .with("CLUSTER", "hazelcast")
        .with("CLUSTER_LISTEN_ADDR", "127.0.0.1:" + port)
        .with("CLUSTER_MEMBERS", "127.0.0.1:" + port + ",127.0.0.1:" + otherPort)
        .with("CLUSTER_SECRET", "what only the nodes of this test know");
  }
}
