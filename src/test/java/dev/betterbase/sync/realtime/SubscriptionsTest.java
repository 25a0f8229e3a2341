package dev.betterbase.sync.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.LocalBus;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.FakeTransport;
import dev.betterbase.sync.rpc.RpcConnection;
import dev.betterbase.sync.rpc.TestNode;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Which subscriber gets which notification, and in which order (protocol.md, Order; methods.md,
 * subscribe).
 */
class SubscriptionsTest {

  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));

  private final TestNode node = new TestNode();

  /** Channels with announcements that wait for a predecessor; the test ends the wait. */
  private final ArrayDeque<SpaceChannel> impatient = new ArrayDeque<>();

  private final Subscriptions subscriptions =
      new Subscriptions(
          impatient::add, told -> told.forEach(Connection::flush), Runnable::run, new LocalBus());
  private final Subscriber alice = new Subscriber("alice");
  private final Subscriber bob = new Subscriber("bob");

  private static Announcement happened(SpaceId space, long cursor) {
    return new Announcement(
        space,
        cursor,
        spelling ->
            new Notification.Sync(
                space,
                cursor,
                (spelling + " " + cursor).getBytes(UTF_8),
                at -> (spelling + " marker " + at).getBytes(UTF_8)));
  }

  private final class Subscriber {
    private final FakeTransport transport = new FakeTransport();
    private final RpcConnection connection;

    Subscriber(String name) {
      connection = node.connect(transport, name);
    }

    Subscription begin(String spelling) {
      return subscriptions.begin(connection, SPACE, spelling, null).orElseThrow();
    }

    List<String> heard() {
      return transport.sent().stream().map(frame -> new String(frame, UTF_8)).toList();
    }
  }

  @Test
  void tellsAllButWhoeverMadeIt() {
    alice.begin("s").activate(0);
    bob.begin("s").activate(0);
    subscriptions.announce(happened(SPACE, 1), alice.connection);
    assertThat(alice.heard()).isEmpty();
    assertThat(bob.heard()).containsExactly("s 1");
  }

  @Test
  void spellsTheSpaceAsEachSubscriberDoes() {
    alice.begin("A").activate(0);
    bob.begin("b").activate(0);
    subscriptions.announce(happened(SPACE, 1), null);
    assertThat(alice.heard()).containsExactly("A 1");
    assertThat(bob.heard()).containsExactly("b 1");
  }

  @Test
  void tellsNothingOfOtherSpaces() {
    alice.begin("s").activate(0);
    subscriptions.announce(happened(new SpaceId(new UUID(2, 2)), 1), null);
    assertThat(alice.heard()).isEmpty();
  }

  @Test
  void whatComesWhileTheCursorIsReadIsDeliveredAfterwardsOrCovered() {
    Subscription pending = alice.begin("s");
    subscriptions.announce(happened(SPACE, 5), null);
    subscriptions.announce(happened(SPACE, 6), null);
    subscriptions.announce(happened(SPACE, 7), null);
    assertThat(alice.heard()).isEmpty();
    pending.activate(5);
    assertThat(alice.heard()).containsExactly("s 6", "s 7");
    subscriptions.announce(happened(SPACE, 8), null);
    assertThat(alice.heard()).containsExactly("s 6", "s 7", "s 8");
  }

  @Test
  void whatCameWhileOthersWereActiveIsNotedTooAndDeliveredInOrder() {
    bob.begin("s").activate(3);
    Subscription pending = alice.begin("s");
    subscriptions.announce(happened(SPACE, 4), null);
    subscriptions.announce(happened(SPACE, 5), null);
    pending.activate(4);
    assertThat(bob.heard()).containsExactly("s 4", "s 5");
    assertThat(alice.heard()).containsExactly("s 5");
  }

  @Test
  void notesABoundedNumberAndThenOneMarker() {
    bob.begin("s").activate(0);
    Subscription pending = alice.begin("s");
    LongStream.rangeClosed(1, 300).forEach(i -> subscriptions.announce(happened(SPACE, i), null));
    pending.activate(0);
    assertThat(alice.transport.sent().getFirst()).isEqualTo(SyncMarker.frame("s", 257));
    assertThat(alice.heard()).hasSize(44).last().isEqualTo("s 300");
  }

  @Test
  void whoIsAheadOfItsPredecessorWaitsForIt() {
    alice.begin("s").activate(10);
    subscriptions.announce(happened(SPACE, 13), null);
    subscriptions.announce(happened(SPACE, 12), null);
    assertThat(alice.heard()).isEmpty();
    subscriptions.announce(happened(SPACE, 11), null);
    assertThat(alice.heard()).containsExactly("s 11", "s 12", "s 13");
  }

  @Test
  void whoseWaitIsOverLeavesAndWhatComesLateIsDropped() {
    alice.begin("s").activate(10);
    subscriptions.announce(happened(SPACE, 12), null);
    subscriptions.announce(happened(SPACE, 13), null);
    assertThat(impatient).as("one timer").hasSize(1);
    impatient.remove().release();
    assertThat(alice.heard()).containsExactly("s 12", "s 13");
    subscriptions.announce(happened(SPACE, 11), null);
    subscriptions.announce(happened(SPACE, 14), null);
    assertThat(alice.heard()).containsExactly("s 12", "s 13", "s 14");
  }

  @Test
  void subscribingAgainReplacesTheSpellingAndMissesNothing() {
    alice.begin("old").activate(0);
    Subscription again = alice.begin("new");
    subscriptions.announce(happened(SPACE, 1), null);
    again.activate(0);
    subscriptions.announce(happened(SPACE, 2), null);
    assertThat(alice.heard()).containsExactly("new 1", "new 2");
  }

  @Test
  void aSubscriptionThatFailsLeavesTheEarlierOneWhole() {
    alice.begin("old").activate(0);
    Subscription again = alice.begin("new");
    subscriptions.announce(happened(SPACE, 1), null);
    subscriptions.cancel(alice.connection, SPACE, again);
    subscriptions.announce(happened(SPACE, 2), null);
    assertThat(alice.heard()).containsExactly("old 1", "old 2");
  }

  @Test
  void aSubscriptionThatFailsIsForgotten() {
    Subscription pending = alice.begin("s");
    subscriptions.cancel(alice.connection, SPACE, pending);
    subscriptions.announce(happened(SPACE, 1), null);
    assertThat(alice.heard()).isEmpty();
    assertThat(subscriptions.told()).isEmpty();
  }

  @Test
  void unsubscribingAndEndingStopIt() {
    alice.begin("s").activate(0);
    bob.begin("s").activate(0);
    subscriptions.end(alice.connection, SPACE);
    bob.connection.closed();
    subscriptions.announce(happened(SPACE, 1), null);
    assertThat(alice.heard()).isEmpty();
    assertThat(bob.heard()).isEmpty();
    assertThat(subscriptions.told()).isEmpty();
  }

  @Test
  void aConnectionMayHaveTenThousand() {
    for (int i = 0; i < 10_000; i++) {
      assertThat(subscriptions.begin(alice.connection, new SpaceId(new UUID(3, i)), "s", null))
          .isPresent();
    }
    assertThat(subscriptions.begin(alice.connection, SPACE, "s", null)).isEqualTo(Optional.empty());
    assertThat(subscriptions.begin(alice.connection, new SpaceId(new UUID(3, 0)), "again", null))
        .as("one of those that it has")
        .isPresent();
    subscriptions.end(alice.connection, new SpaceId(new UUID(3, 1)));
    assertThat(subscriptions.begin(alice.connection, SPACE, "s", null)).isPresent();
  }

  @Test
  void whoWasToldOfLessThanThereIsGetsAMarker() {
    alice.begin("s").activate(5);
    assertThat(subscriptions.told()).isEqualTo(Map.of(SPACE, 5L));
    subscriptions.catchUp(SPACE, 5);
    assertThat(alice.heard()).isEmpty();
    subscriptions.announce(happened(SPACE, 9), null);
    subscriptions.catchUp(SPACE, 8);
    assertThat(alice.transport.sent().getFirst()).isEqualTo(SyncMarker.frame("s", 8));
    assertThat(alice.heard()).hasSize(2).last().isEqualTo("s 9");
    assertThat(subscriptions.told()).isEqualTo(Map.of(SPACE, 9L));
  }

  @Test
  void aSlowSubscriberIsClosedAndTheOthersHearOn() {
    alice.begin("s").activate(0);
    bob.begin("s").activate(0);
    alice.transport.stopReading();
    for (int i = 0; i < 257; i++) {
      alice.connection.send(new Notification.Lasting(new SpaceId(new UUID(4, i)), new byte[] {1}));
    }
    subscriptions.announce(happened(SPACE, 1), null);
    subscriptions.announce(happened(SPACE, 2), null);
    assertThat(bob.heard()).containsExactly("s 1", "s 2");
    alice.transport.read();
    assertThat(alice.transport.close()).isNotNull();
  }

  @Test
  void concurrentAnnouncementsLeaveInOrderWithoutLoss() throws Exception {
    alice.begin("s").activate(0);
    int count = 900; // fewer than a channel holds, so that none is released early
    try (var pool = Executors.newFixedThreadPool(4)) {
      for (int thread = 0; thread < 4; thread++) {
        int offset = thread;
        pool.execute(
            () -> {
              for (int i = 1 + offset; i <= count; i += 4) {
                subscriptions.announce(happened(SPACE, i), null);
              }
            });
      }
      pool.shutdown();
      assertThat(pool.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(alice.heard())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, count).mapToObj(i -> "s " + i).toList());
  }
}
