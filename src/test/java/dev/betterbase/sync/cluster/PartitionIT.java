package dev.betterbase.sync.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.cluster.grid.RelayedGrid;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.ClusterSettings;
import dev.betterbase.sync.testing.GridMembers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Relay;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three nodes in one grid of Hazelcast that is cut into pieces and joins again. */
@IntegrationTest
class PartitionIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final List<Integer> PORTS = List.of(Ports.free(), Ports.free(), Ports.free());

  private final List<Relay> relays = PORTS.stream().map(Relay::to).toList();
  private final List<Node> nodes = new CopyOnWriteArrayList<>();

  private final class Node {
    /** Each node tells of a space of its own. */
    final SpaceId space;

    final List<Object> events = new CopyOnWriteArrayList<>();
    final ClusterBus bus;
    long cursor;

    Node(int number) {
      space = new SpaceId(new UUID(1, number));
      bus =
          new ClusterBus(
              settings(number).secret(),
              (self, listener) ->
                  RelayedGrid.open(settings(number), relays.get(number), self, listener),
              Thread::new,
              events::add,
              new BusMetrics(new SimpleMeterRegistry()));
      bus.start();
      nodes.add(this);
    }

    void publish() {
      cursor++;
      bus.publish(new BusMessage.Moved(space, cursor));
    }

    /** What the node has heard of another one. */
    List<Long> heardOf(Node other) {
      return events.stream()
          .filter(BusMessage.Moved.class::isInstance)
          .map(BusMessage.Moved.class::cast)
          .filter(each -> each.space().equals(other.space))
          .map(BusMessage.Moved::cursor)
          .toList();
    }

    boolean hasHeardLastOf(Node other) {
      List<Long> heard = heardOf(other);
      return !heard.isEmpty() && heard.getLast() == other.cursor;
    }
  }

  private ClusterSettings settings(int number) {
    return GridMembers.settings(
        PORTS.get(number),
        relays.stream().map(Relay::port).toList(),
        "a secret of thirty-two bytes or more");
  }

  @AfterEach
  void close() {
    nodes.forEach(each -> each.bus.stop());
    relays.forEach(Relay::close);
  }

  private Stream<Node> othersOf(Node node) {
    return nodes.stream().filter(each -> each != node);
  }

  private boolean allSee(int others) {
    return nodes.stream().allMatch(each -> each.bus.others().size() == others);
  }

  private boolean allHaveHeardTheLast() {
    return nodes.stream().allMatch(each -> othersOf(each).allMatch(each::hasHeardLastOf));
  }

  /** Each node says something until all others hear it, and then much at once. */
  private void assertThatAllHearAllInOrder() {
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              nodes.forEach(Node::publish);
              await().during(Duration.ofMillis(100)).until(() -> true);
              return allHaveHeardTheLast();
            });
    int pushes = 200;
    for (int i = 0; i < pushes; i++) {
      nodes.forEach(Node::publish);
    }
    await().atMost(LIMIT).until(this::allHaveHeardTheLast);
    for (Node node : nodes) {
      othersOf(node)
          .forEach(
              other -> {
                List<Long> heard = node.heardOf(other);
                assertThat(heard).isSorted().doesNotHaveDuplicates();
                assertThat(heard)
                    .endsWith(
                        LongStream.rangeClosed(other.cursor - pushes + 1, other.cursor)
                            .boxed()
                            .toArray(Long[]::new));
              });
    }
  }

  @Test
  void nodesThatWereCutOffGoOnAndFindOneAnotherAgain() {
    for (int number = 0; number < PORTS.size(); number++) {
      assertThat(new Node(number).bus.self()).isNotNull();
    }
    await().atMost(LIMIT).until(() -> allSee(2));
    assertThatAllHearAllInOrder();

    relays.forEach(Relay::cut);
    await().atMost(LIMIT).until(() -> allSee(0));
    nodes.forEach(each -> each.events.clear());
    // Nobody is there to be told. Each goes on alone.
    nodes.forEach(Node::publish);

    relays.forEach(Relay::reopen);
    await().atMost(LIMIT).until(() -> allSee(2));
    for (Node node : nodes) {
      othersOf(node)
          .forEach(
              other ->
                  await("what sends the node to the database")
                      .atMost(LIMIT)
                      .until(() -> node.events.contains(new NodeEvent.Joined(other.bus.self()))));
    }
    assertThatAllHearAllInOrder();
    assertThat(allSee(2)).isTrue();
  }
}
