package dev.betterbase.sync.testing;

import dev.betterbase.sync.settings.ClusterSettings;
import dev.betterbase.sync.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The settings of members of a grid on loopback, in the JVM of a test. */
public final class GridMembers {
  private GridMembers() {}

  /**
   * The settings of one member.
   *
   * @param port where it listens
   * @param members the ports at which all members find one another
   * @param secret CLUSTER_SECRET
   */
  public static ClusterSettings settings(int port, List<Integer> members, String secret) {
    String addresses =
        members.stream().map(member -> "127.0.0.1:" + member).collect(Collectors.joining(","));
    Map<String, String> environment =
        Map.of(
            "TRUSTED_ISSUERS",
            "https://issuer.example",
            "CLUSTER",
            "hazelcast",
            "CLUSTER_LISTEN_ADDR",
            "127.0.0.1:" + port,
            "CLUSTER_MEMBERS",
            addresses,
            "CLUSTER_SECRET",
            secret);
    return Settings.read(environment::get).cluster().orElseThrow();
  }
}
