package dev.betterbase.sync.cluster.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.GridMembers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real members of Hazelcast on loopback. */
@IntegrationTest
class HazelcastGridIT {
  private static final String SECRET = "a secret of thirty-two bytes or more";

  private final List<Node> nodes = new CopyOnWriteArrayList<>();
  private final List<Integer> ports = List.of(Ports.free(), Ports.free(), Ports.free());

  private final class Node implements Grid.Listener {
    final UUID id = UUID.randomUUID();
    final Set<UUID> others = ConcurrentHashMap.newKeySet();
    final List<Integer> received = new CopyOnWriteArrayList<>();
    final Grid grid;

    Node(int number, String secret) {
      grid = HazelcastGrid.open(GridMembers.settings(ports.get(number), ports, secret), id, this);
      nodes.add(this);
    }

    @Override
    public void received(byte[] packet) {
      received.add(ByteBuffer.wrap(packet).getInt());
    }

    @Override
    public void joined(UUID node) {
      others.add(node);
    }

    @Override
    public void left(UUID node) {
      others.remove(node);
    }

    void send(Node to, int number) {
      grid.send(to.id, ByteBuffer.allocate(1_000).putInt(number).array());
    }

    boolean sees(Node... expected) {
      return others.size() == expected.length + 1
          && List.of(expected).stream().allMatch(each -> others.contains(each.id));
    }
  }

  @AfterEach
  void close() {
    nodes.forEach(each -> each.grid.close());
  }

  @Test
  void packetsArriveInOrderAtTheirNodeAloneUntilANodeLeaves() {
    Node a = new Node(0, SECRET);
    Node b = new Node(1, SECRET);
    Node stranger = new Node(2, "another secret of thirty-two bytes or more");
    await().until(() -> a.sees(b) && b.sees(a));
    List<Integer> numbers = IntStream.range(0, 20_000).boxed().toList();
    numbers.forEach(number -> a.send(b, number));
    await().until(() -> b.received.size() == numbers.size());
    assertThat(b.received).isEqualTo(numbers);
    assertThat(a.received).isEmpty();
    assertThat(stranger.received).isEmpty();
    assertThat(stranger.others).as("it has another secret").containsExactly(stranger.id);
    stranger.grid.close();
    nodes.remove(stranger);
    b.grid.close();
    nodes.remove(b);
    await().until(() -> a.sees());
    Node again = new Node(1, SECRET);
    await().until(() -> a.sees(again) && again.sees(a));
    again.send(a, 1);
    await().until(() -> a.received.equals(List.of(1)));
  }
}
