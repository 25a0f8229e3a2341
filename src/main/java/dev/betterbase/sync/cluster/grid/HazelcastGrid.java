package dev.betterbase.sync.cluster.grid;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.TopicConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.topic.ITopic;
import dev.betterbase.sync.settings.ClusterSettings;
import dev.betterbase.sync.settings.ListenAddress;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The grid over a member of Hazelcast of its own, apart from the one that Payara may have. Each
 * node has a topic that only it listens to, so a packet goes straight from its sender to its
 * receiver, and a node that does not read holds up only its own packets. Nothing is stored in the
 * grid.
 */
public final class HazelcastGrid implements Grid {
  private static final String NODE = "betterbase-node";
  private static final String INBOX = "inbox-";

  /**
   * The settings that differ from the defaults of Hazelcast, which are made for a store of data.
   */
  private static final Map<String, String> PROPERTIES =
      Map.ofEntries(
          Map.entry("hazelcast.phone.home.enabled", "false"),
          Map.entry("hazelcast.shutdownhook.enabled", "false"),
          Map.entry("hazelcast.logging.type", "jdk"),
          // A node that is dead or cut off is given up after 10 s. Nodes that were apart find one
          // another again within 20 s.
          Map.entry("hazelcast.heartbeat.interval.seconds", "1"),
          Map.entry("hazelcast.max.no.heartbeat.seconds", "10"),
          Map.entry("hazelcast.merge.first.run.delay.seconds", "10"),
          Map.entry("hazelcast.merge.next.run.delay.seconds", "10"),
          // A node that starts does not wait for others to start with it.
          Map.entry("hazelcast.wait.seconds.before.join", "0"),
          Map.entry("hazelcast.max.wait.seconds.before.join", "1"),
          // The threads and queues of a grid that only passes packets on.
          Map.entry("hazelcast.operation.thread.count", "2"),
          Map.entry("hazelcast.operation.generic.thread.count", "2"),
          Map.entry("hazelcast.io.thread.count", "1"),
          Map.entry("hazelcast.event.thread.count", "1"),
          Map.entry("hazelcast.event.queue.capacity", "16384"),
          Map.entry("hazelcast.event.sync.timeout.millis", "500"),
          Map.entry("hazelcast.metrics.enabled", "false"),
          Map.entry("hazelcast.partition.count", "1"));

  private final HazelcastInstance instance;
  private final Map<UUID, ITopic<byte[]>> inboxes = new ConcurrentHashMap<>();

  private HazelcastGrid(HazelcastInstance instance) {
    this.instance = instance;
  }

  /**
   * Starts a member and joins those of CLUSTER_MEMBERS that can be reached.
   *
   * @param self the id of this node
   * @throws dev.betterbase.sync.settings.InvalidSetting if it cannot listen
   */
  public static HazelcastGrid open(ClusterSettings settings, UUID self, Listener listener) {
    return open(settings, self, listener, config(settings, self));
  }

  /** For tests, which change the configuration. */
  static HazelcastGrid open(ClusterSettings settings, UUID self, Listener listener, Config config) {
    HazelcastInstance instance;
    try {
      instance = Hazelcast.newHazelcastInstance(config);
    } catch (HazelcastException | IllegalStateException e) {
      throw settings.cannotListen(String.valueOf(e.getMessage()));
    }
    var grid = new HazelcastGrid(instance);
    grid.inbox(self).addMessageListener(message -> listener.received(message.getMessageObject()));
    instance.getCluster().addMembershipListener(new Members(listener));
    instance.getCluster().getMembers().forEach(each -> node(each).ifPresent(listener::joined));
    return grid;
  }

  static Config config(ClusterSettings settings, UUID self) {
    var config = new Config();
    config.setClusterName(settings.name());
    config.setInstanceName(NODE + "-" + self);
    // Hazelcast keeps this class loader, so it must not be the application's.
    config.setClassLoader(HazelcastInstance.class.getClassLoader());
    PROPERTIES.forEach(config::setProperty);
    config.getMemberAttributeConfig().setAttribute(NODE, self.toString());
    config
        .getSerializationConfig()
        .setJavaSerializationFilterConfig(new JavaSerializationFilterConfig());
    config.addTopicConfig(new TopicConfig(INBOX + "*").setStatisticsEnabled(false));
    ListenAddress address = settings.address();
    NetworkConfig network =
        config.getNetworkConfig().setPort(address.port()).setPortAutoIncrement(false);
    if (address.isOnAllInterfaces()) {
      config.setProperty("hazelcast.socket.bind.any", "true");
    } else {
      config.setProperty("hazelcast.socket.bind.any", "false");
      config.setProperty("hazelcast.local.localAddress", address.host());
    }
    JoinConfig join = network.getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig()
        .setEnabled(true)
        .setConnectionTimeoutSeconds(3)
        .setMembers(settings.members());
    return config;
  }

  @Override
  public void send(UUID node, byte[] packet) {
    inbox(node).publish(packet);
  }

  private ITopic<byte[]> inbox(UUID node) {
    return inboxes.computeIfAbsent(node, id -> instance.getTopic(INBOX + id));
  }

  @Override
  public void close() {
    instance.shutdown();
  }

  /** The id of a member, if it is a node of ours. */
  private static Optional<UUID> node(Member member) {
    try {
      return Optional.ofNullable(member.getAttribute(NODE)).map(UUID::fromString);
    } catch (IllegalArgumentException notOfOurs) {
      return Optional.empty();
    }
  }

  private record Members(Listener listener) implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      node(event.getMember()).ifPresent(listener::joined);
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      node(event.getMember()).ifPresent(listener::left);
    }
  }
}
