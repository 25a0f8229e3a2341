package dev.betterbase.sync.cluster;

import static dev.betterbase.sync.cluster.BusNodes.SECRET;
import static dev.betterbase.sync.cluster.BusNodes.SPACE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.cluster.BusNodes.Node;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What arrives through the bus, and what it drops. */
@Execution(ExecutionMode.CONCURRENT)
@Order(1)
class ClusterBusTest {
  private final BusNodes nodes = new BusNodes();
  private final TestGrids grids = nodes.grids;

  @AfterEach
  void stop() {
    nodes.stop();
  }

  @Test
  void everyKindArrivesAsItWasPublished() {
    Node a = nodes.start();
    Node b = nodes.start();
    byte[] data = "data".getBytes(UTF_8);
    List<BusMessage> published =
        List.of(
            new BusMessage.Told(SPACE, 7, true, data),
            new BusMessage.Told(SPACE, 8, false, data),
            new BusMessage.Moved(SPACE, Long.MAX_VALUE),
            new BusMessage.Revoked(SPACE, "cid"),
            new BusMessage.Present(a.bus.self(), SPACE, "peer", data),
            new BusMessage.Absent(SPACE, "peer"),
            new BusMessage.Event(SPACE, "peer", data),
            new BusMessage.Invitation("f".repeat(64)),
            new BusMessage.Connections(a.bus.self(), Map.of(-7L, 3, Long.MAX_VALUE, 65_535)),
            new BusMessage.PeerUse(
                a.bus.self(), "peer.example", 1, 2, 3, Long.MAX_VALUE, 5, 3_600_000));
    published.forEach(a.bus::publish);
    await().until(() -> b.heard().size() == published.size());
    assertThat(b.heard())
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(published);
    assertThat(a.heard()).isEmpty();
    for (BusMessage each : published) {
      assertThat(
              b.meters
                  .get("betterbase.cluster.messages")
                  .tags("direction", "received")
                  .tag("kind", each.kind().name().toLowerCase(Locale.ROOT))
                  .counter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  void theMessagesOfOneNodeArriveInTheirOrder() {
    Node a = nodes.start();
    Node b = nodes.start();
    Node c = nodes.start();
    long[] cursors = LongStream.range(0, 10_000).toArray();
    a.move(cursors);
    await().until(() -> b.heard().size() == cursors.length && c.heard().size() == cursors.length);
    assertThat(b.cursors()).isSorted().doesNotHaveDuplicates();
    assertThat(c.cursors()).isEqualTo(b.cursors());
  }

  @Test
  void aNodeIsToldOfOthersThatComeAndGo() {
    Node a = nodes.start();
    assertThat(a.bus.hasOthers()).isFalse();
    Node b = nodes.start();
    var joined = new NodeEvent.Joined(b.bus.self());
    await().until(() -> a.events.equals(List.of(joined)));
    await().until(() -> b.events.equals(List.of(new NodeEvent.Joined(a.bus.self()))));
    b.bus.stop();
    await().until(() -> a.events.equals(List.of(joined, new NodeEvent.Left(b.bus.self()))));
    assertThat(a.bus.hasOthers()).isFalse();
  }

  @Test
  void whatIsLostIsNoticedWithinSecondsEvenIfNothingFollows() {
    Node a = nodes.start();
    Node b = nodes.start();
    a.move(1);
    await().until(() -> b.cursors().equals(List.of(1L)));
    var lost = new AtomicReference<byte[]>();
    grids.way = packet -> lost.compareAndSet(null, packet) ? null : packet;
    a.move(2);
    await().until(() -> b.dropped(BusMetrics.Loss.MISSED) + a.dropped(BusMetrics.Loss.MISSED) == 1);
    Node loser = a.dropped(BusMetrics.Loss.MISSED) > 0 ? a : b;
    Node sender = loser == a ? b : a;
    await().until(() -> loser.events.contains(new NodeEvent.Missed(sender.bus.self())));
    a.move(3);
    await().until(() -> b.cursors().contains(3L));
  }

  @Test
  void aNodeThatConfirmsNothingIsSkippedAndHoldsNobodyUp() {
    Node a = nodes.start();
    Node b = nodes.start();
    var silent = UUID.randomUUID();
    a.bus.joined(silent);
    byte[] frame = new byte[BusMessage.LONGEST_FRAME];
    int pushes = 80; // more than twice what a node may leave unconfirmed
    for (int i = 0; i < pushes; i++) {
      int sent = i;
      a.bus.publish(new BusMessage.Told(SPACE, i, true, frame));
      await().pollInterval(Duration.ofMillis(1)).until(() -> b.heard().size() == sent + 1);
    }
    assertThat(a.dropped(BusMetrics.Loss.NODE_BEHIND)).isGreaterThan(0.5 * pushes);
    assertThat(b.dropped(BusMetrics.Loss.MISSED)).isZero();
  }

  @Test
  void aFrameThatIsTooLongBecomesAMove() {
    assertThat(BusMessage.of(SPACE, 3, true, new byte[BusMessage.LONGEST_FRAME + 1]))
        .isEqualTo(new BusMessage.Moved(SPACE, 3));
  }

  @Test
  void anEventThatCannotBeHandledDoesNotStopTheOthers() {
    Node a = nodes.start();
    var heard = new CopyOnWriteArrayList<Object>();
    var picky =
        new ClusterBus(
            SECRET,
            grids::join,
            Thread::new,
            event -> {
              if (event.equals(new BusMessage.Moved(SPACE, 1))) {
                throw new IllegalStateException("a fault of the test");
              }
              heard.add(event);
            },
            new BusMetrics(new SimpleMeterRegistry()));
    picky.start();
    try {
      a.move(1, 2);
      await().until(() -> heard.contains(new BusMessage.Moved(SPACE, 2)));
    } finally {
      picky.stop();
    }
  }
}
