package dev.betterbase.sync.cluster.grid;

import com.hazelcast.config.Config;
import dev.betterbase.sync.settings.ClusterSettings;
import dev.betterbase.sync.testing.Relay;
import java.util.UUID;

/** A member of Hazelcast that the others reach through a relay only, which a test can cut. */
public final class RelayedGrid {
  private RelayedGrid() {}

  /**
   * Starts a member and joins the others that can be reached.
   *
   * @param way leads to the member; the members of the settings are the relays of all
   */
  public static Grid open(ClusterSettings settings, Relay way, UUID self, Grid.Listener listener) {
    Config config = HazelcastGrid.config(settings, self);
    config.getNetworkConfig().setPublicAddress("127.0.0.1:" + way.port());
    return HazelcastGrid.open(settings, self, listener, config);
  }
}
