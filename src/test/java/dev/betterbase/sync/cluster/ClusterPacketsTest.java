package dev.betterbase.sync.cluster;

import static dev.betterbase.sync.cluster.BusNodes.SECRET;
import static dev.betterbase.sync.cluster.BusNodes.SPACE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.cluster.BusNodes.Node;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.settings.Secret;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Packets that the bus drops, and packets of other releases. */
@Execution(ExecutionMode.CONCURRENT)
@Order(1)
class ClusterPacketsTest {
  private final BusNodes nodes = new BusNodes();
  private final TestGrids grids = nodes.grids;

  @AfterEach
  void stop() {
    nodes.stop();
  }

  @Test
  void whatComesAgainIsDropped() {
    Node a = nodes.start();
    Node b = nodes.start();
    var first = new AtomicReference<byte[]>();
    grids.way =
        packet -> {
          if (sender(packet).equals(a.bus.self())) {
            first.compareAndSet(null, packet);
          }
          return packet;
        };
    a.move(1);
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
    Node a = nodes.start();
    Node b = nodes.start();
    Node other = nodes.start(new Secret("fedcba9876543210fedcba9876543210"));
    other.move(1);
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
    a.move(2);
    await().until(() -> b.dropped(BusMetrics.Loss.FORGED) > before);
    assertThat(b.heard()).isEmpty();
  }

  @Test
  void packetsThatAreNoneOfOursAreDroppedAndCounted() {
    Node a = nodes.start();
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
    Node a = nodes.start();
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
    Node a = nodes.start();
    Node b = nodes.start();
    Node later = nodes.start();
    grids.way =
        packet -> {
          byte[] sent = packet.clone();
          sent[0] = (byte) (isFrom(later, packet) ? 2 : 1);
          return sent;
        };
    later.move(1);
    b.move(2);
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
}
