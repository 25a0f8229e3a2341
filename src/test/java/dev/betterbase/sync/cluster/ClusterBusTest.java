package dev.betterbase.sync.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.Secret;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
  private static final Secret SECRET = new Secret("0123456789abcdef0123456789abcdef");
  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));

  private final TestGrids grids = new TestGrids();
  private final List<Node> nodes = new ArrayList<>();

  private final class Node {
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final List<Object> events = new CopyOnWriteArrayList<>();
    final ClusterBus bus;

    Node(Secret secret) {
      bus = new ClusterBus(secret, grids::join, Thread::new, events::add, new BusMetrics(meters));
      bus.start();
      nodes.add(this);
    }

    List<BusMessage> heard() {
      return events.stream()
          .filter(BusMessage.class::isInstance)
          .map(BusMessage.class::cast)
          .toList();
    }

    List<Long> cursors() {
      return heard().stream().map(each -> ((BusMessage.Moved) each).cursor()).toList();
    }

    double dropped(BusMetrics.Loss why) {
      return meters
          .get("betterbase.cluster.dropped")
          .tag("reason", why.name().toLowerCase(Locale.ROOT))
          .counter()
          .count();
    }
  }

  private Node node() {
    return new Node(SECRET);
  }

  @AfterEach
  void stop() {
    nodes.forEach(each -> each.bus.stop());
  }

  private static void moved(Node from, long... cursors) {
    for (long cursor : cursors) {
      from.bus.publish(new BusMessage.Moved(SPACE, cursor));
    }
  }

  @Test
  void everyKindArrivesAsItWasPublished() {
    Node a = node();
    Node b = node();
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
    Node a = node();
    Node b = node();
    Node c = node();
    long[] cursors = LongStream.range(0, 10_000).toArray();
    moved(a, cursors);
    await().until(() -> b.heard().size() == cursors.length && c.heard().size() == cursors.length);
    assertThat(b.cursors()).isSorted().doesNotHaveDuplicates();
    assertThat(c.cursors()).isEqualTo(b.cursors());
  }

  @Test
  void aNodeIsToldOfOthersThatComeAndGo() {
    Node a = node();
    assertThat(a.bus.hasOthers()).isFalse();
    Node b = node();
    var joined = new NodeEvent.Joined(b.bus.self());
    await().until(() -> a.events.equals(List.of(joined)));
    await().until(() -> b.events.equals(List.of(new NodeEvent.Joined(a.bus.self()))));
    b.bus.stop();
    await().until(() -> a.events.equals(List.of(joined, new NodeEvent.Left(b.bus.self()))));
    assertThat(a.bus.hasOthers()).isFalse();
  }

  @Test
  void whatIsLostIsNoticedWithinSecondsEvenIfNothingFollows() {
    Node a = node();
    Node b = node();
    moved(a, 1);
    await().until(() -> b.cursors().equals(List.of(1L)));
    var lost = new AtomicReference<byte[]>();
    grids.way = packet -> lost.compareAndSet(null, packet) ? null : packet;
    moved(a, 2);
    await().until(() -> b.dropped(BusMetrics.Loss.MISSED) + a.dropped(BusMetrics.Loss.MISSED) == 1);
    List<Node> losers =
        nodes.stream().filter(each -> each.dropped(BusMetrics.Loss.MISSED) > 0).toList();
    Node loser = losers.getFirst();
    Node sender = loser == a ? b : a;
    await().until(() -> loser.events.contains(new NodeEvent.Missed(sender.bus.self())));
    moved(a, 3);
    await().until(() -> b.cursors().contains(3L));
  }

  @Test
  void whatComesAgainIsDropped() {
    Node a = node();
    Node b = node();
    var first = new AtomicReference<byte[]>();
    grids.way =
        packet -> {
          if (sender(packet).equals(a.bus.self())) {
            first.compareAndSet(null, packet);
          }
          return packet;
        };
    moved(a, 1);
    await().until(() -> b.cursors().equals(List.of(1L)));
    grids.bring(b.bus.self(), Objects.requireNonNull(first.get()));
    await().until(() -> b.dropped(BusMetrics.Loss.REPLAYED) == 1);
    assertThat(b.cursors()).containsExactly(1L);
  }

  private static UUID sender(byte[] packet) {
    try {
      return BusSeal.header(packet).sender();
    } catch (BusSeal.Refused e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatIsSealedUnderAnotherSecretOrChangedIsDropped() {
    Node a = node();
    Node b = node();
    Node other = new Node(new Secret("fedcba9876543210fedcba9876543210"));
    moved(other, 1);
    await()
        .until(
            () -> a.dropped(BusMetrics.Loss.FORGED) > 0 && b.dropped(BusMetrics.Loss.FORGED) > 0);
    other.bus.stop();
    double before = b.dropped(BusMetrics.Loss.FORGED);
    grids.way =
        packet -> {
          byte[] changed = packet.clone();
          changed[changed.length / 2] ^= 1;
          return changed;
        };
    moved(a, 2);
    await().until(() -> b.dropped(BusMetrics.Loss.FORGED) > before);
    assertThat(b.heard()).isEmpty();
  }

  @Test
  void packetsThatAreNoneOfOursAreDroppedAndCounted() {
    Node a = node();
    UUID self = a.bus.self();
    var stranger = UUID.randomUUID();
    BusSeal seal = BusSeal.of(SECRET, stranger);
    byte[] sound = seal.seal(new BusSeal.Header(stranger, 1, now()), new byte[0]);
    byte[] otherVersion = sound.clone();
    otherVersion[0] = 2;
    grids.bring(self, sound);
    grids.bring(self, otherVersion);
    grids.bring(self, new byte[] {1, 2, 3});
    grids.bring(self, new byte[BusSeal.LONGEST + 1]);
    await().until(() -> a.dropped(BusMetrics.Loss.STRANGER) == 1);
    await().until(() -> a.dropped(BusMetrics.Loss.VERSION) == 1);
    await().until(() -> a.dropped(BusMetrics.Loss.MALFORMED) == 1);
    await().until(() -> a.dropped(BusMetrics.Loss.TOO_LARGE) == 1);
    assertThat(a.events).isEmpty();
  }

  @Test
  void whatAKnownNodeSendsIsBoundedAndChecked() {
    Node a = node();
    var known =
        new Object() {
          final UUID id = UUID.randomUUID();
          final BusSeal seal = BusSeal.of(SECRET, id);
          long packets;

          void send(long at, byte[]... messages) {
            packets++;
            grids.bring(
                a.bus.self(),
                seal.seal(new BusSeal.Header(id, packets, at), BusFormat.batch(List.of(messages))));
          }
        };
    a.bus.joined(known.id);
    known.send(now() - 3_600_000, BusFormat.encode(new BusMessage.Moved(SPACE, 1)));
    await().until(() -> a.dropped(BusMetrics.Loss.STALE) == 1);
    known.send(now(), FrameWriter.notification("of a later release", w -> w.beginMap(0).endMap()));
    await().until(() -> a.dropped(BusMetrics.Loss.UNKNOWN_KIND) == 1);
    known.send(now(), new byte[] {(byte) 0xff});
    known.send(now(), FrameWriter.notification("moved", w -> w.beginMap(0).endMap()));
    known.send(
        now(),
        FrameWriter.notification(
            "presence",
            w ->
                w.beginMap(3)
                    .field("space", SPACE.toString())
                    .field("peer", "peer")
                    .field("data", new byte[1_025])
                    .endMap()));
    for (int length : new int[] {9, 10 * (BusMessage.MOST_OWNERS + 1)}) {
      known.send(
          now(),
          FrameWriter.notification(
              "connections", w -> w.beginMap(1).field("counts", new byte[length]).endMap()));
    }
    for (byte[] use :
        List.of(new byte[39], new byte[513], use(-1, 0, 0), use(0, -1, 0), use(0, 0, 3_600_001))) {
      known.send(now(), peerUse(use));
    }
    await().until(() -> a.dropped(BusMetrics.Loss.MALFORMED) == 10);
    assertThat(a.heard()).isEmpty();
    known.send(now(), BusFormat.encode(new BusMessage.Moved(SPACE, 2)));
    await().until(() -> a.cursors().equals(List.of(2L)));
  }

  private static byte[] use(int connections, long records, long hourLeftMillis) {
    return ByteBuffer.allocate(40)
        .putInt(connections)
        .putInt(0)
        .putLong(records)
        .putLong(0)
        .putLong(0)
        .putLong(hourLeftMillis)
        .array();
  }

  private static byte[] peerUse(byte[] use) {
    return FrameWriter.notification(
        "peer_use",
        w ->
            w.beginMap(3)
                .field("peer", "peer.example")
                .field("entry", "of a later release")
                .field("use", use)
                .endMap());
  }

  @Test
  void aReleaseReadsAroundWhatALaterOneHasAdded() throws BusFormat.Malformed {
    UUID node = UUID.randomUUID();
    byte[] batch =
        BusFormat.batch(
            List.of(
                BusFormat.encode(new BusMessage.Moved(SPACE, 1)),
                FrameWriter.notification("of a later release", w -> w.beginMap(0).endMap()),
                peerUse(Arrays.copyOf(use(1, 7, 1_000), 48)),
                BusFormat.encode(new BusMessage.Moved(SPACE, 2))));
    var read = new ArrayList<BusMessage>();
    for (byte[] message : BusFormat.messages(batch)) {
      BusFormat.decode(node, message)
          .ifPresent(content -> read.add(((BusFormat.Content.Told) content).message()));
    }
    assertThat(read)
        .containsExactly(
            new BusMessage.Moved(SPACE, 1),
            new BusMessage.PeerUse(node, "peer.example", 1, 0, 7, 0, 0, 1_000),
            new BusMessage.Moved(SPACE, 2));
  }

  private static long now() {
    return System.currentTimeMillis();
  }

  @Test
  void aNodeWhosePacketsAreOfAnotherVersionCountsAsSilentAndTheOthersGoOn() {
    Node a = node();
    Node b = node();
    Node later = node();
    grids.way =
        packet -> {
          byte[] sent = packet.clone();
          sent[0] = (byte) (isFrom(later, packet) ? 2 : 1);
          return sent;
        };
    moved(later, 1);
    moved(b, 2);
    await().until(() -> a.cursors().equals(List.of(2L)));
    await().until(() -> a.dropped(BusMetrics.Loss.VERSION) > 1);
    var missed = new NodeEvent.Missed(later.bus.self());
    await().until(() -> a.events.stream().filter(missed::equals).count() >= 2);
    assertThat(a.events).doesNotContain(new NodeEvent.Missed(b.bus.self()));
    assertThat(a.cursors()).containsExactly(2L);
    assertThat(a.bus.others())
        .as("it is still there")
        .extracting(NodeSummary::node)
        .containsExactlyInAnyOrder(b.bus.self(), later.bus.self());
    assertThat(a.bus.others())
        .filteredOn(each -> each.node().equals(later.bus.self()))
        .allMatch(each -> each.heardAgo().compareTo(Duration.ofSeconds(3)) > 0);
  }

  private static boolean isFrom(Node node, byte[] packet) {
    UUID id = node.bus.self();
    ByteBuffer sender = ByteBuffer.wrap(packet, 1, 2 * Long.BYTES);
    return sender.getLong() == id.getMostSignificantBits()
        && sender.getLong() == id.getLeastSignificantBits();
  }

  @Test
  void aNodeThatConfirmsNothingIsSkippedAndHoldsNobodyUp() {
    Node a = node();
    Node b = node();
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
    Node a = node();
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
      moved(a, 1, 2);
      await().until(() -> heard.contains(new BusMessage.Moved(SPACE, 2)));
    } finally {
      picky.stop();
    }
  }
}
