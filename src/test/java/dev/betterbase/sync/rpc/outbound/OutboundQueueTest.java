package dev.betterbase.sync.rpc.outbound;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The outbound queue by itself, on a socket that takes as much as the test allows. */
class OutboundQueueTest {

  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));
  private static final SpaceId OTHER = new SpaceId(new UUID(2, 2));

  /** A socket that keeps what it was given and is ready for more when the test says so. */
  private static final class Socket implements OutboundQueue.Writer {
    final List<byte[]> sent = new ArrayList<>();
    final List<Integer> batches = new ArrayList<>();
    private boolean open;
    private @Nullable Runnable done;

    @Override
    public void write(List<byte[]> frames, Runnable done) {
      sent.addAll(frames);
      batches.add(frames.size());
      if (open) {
        done.run();
      } else {
        assertThat(this.done).as("one write at a time").isNull();
        this.done = done;
      }
    }

    void takeOne() {
      Runnable now = Objects.requireNonNull(done);
      done = null;
      now.run();
    }

    void takeAll() {
      open = true;
      if (done != null) {
        takeOne();
      }
    }

    List<String> texts() {
      return sent.stream().map(frame -> new String(frame, UTF_8)).toList();
    }
  }

  private boolean slow;
  private final Socket socket = new Socket();
  private final SendBudget budget = new SendBudget(1 << 30);
  private final OutboundQueue queue = new OutboundQueue(socket, budget, () -> slow = true);

  @Test
  void repliesLeaveInOrderAndGathered() {
    hold();
    for (int i = 0; i < 10; i++) {
      assertThat(reply("r" + i)).isTrue();
    }
    socket.takeAll();
    assertThat(socket.texts())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(-1, 9).mapToObj(i -> i < 0 ? "held" : "r" + i).toList());
    assertThat(socket.batches).containsExactly(1, 10);
  }

  @Test
  void aBatchIsBoundedInBytesButHoldsAtLeastOneFrame() {
    hold();
    queue.offerReplies(List.of(new byte[40_000], new byte[40_000], new byte[100_000]), 0);
    socket.takeAll();
    assertThat(socket.batches).containsExactly(1, 1, 1, 1);
  }

  @Test
  void aReplyCountsUntilTheSocketHasTakenIt() {
    queue.offerReplies(List.of(new byte[100_000], new byte[50_000]), 0);
    assertThat(queue.waitingBytes()).isEqualTo(50_000);
    assertThat(budget.held()).isEqualTo(150_000);
    queue.discard();
    assertThat(budget.held()).as("the socket still has the first").isEqualTo(100_000);
    socket.takeAll();
    assertThat(budget.held()).isZero();
  }

  @Test
  void replyThatFindsNoRoomIsRefusedByFramesAndByBytes() {
    hold();
    for (int i = 0; i < 64; i++) {
      assertThat(reply("r" + i)).isTrue();
    }
    assertThat(reply("one too many")).isFalse();

    var bytes = new OutboundQueue(new Socket(), budget, () -> slow = true);
    bytes.offerReplies(List.of(new byte[1]), 0);
    assertThat(bytes.offerReplies(List.of(new byte[3 << 20], new byte[1 << 20]), 0)).isEqualTo(2);
    assertThat(bytes.offerReplies(List.of(new byte[1]), 0)).isZero();
  }

  @Test
  void aSingleFrameEntersAnEmptyQueueWhateverItsSize() {
    hold();
    assertThat(queue.offerReplies(List.of(new byte[40 << 20]), 0)).isEqualTo(1);
    queue.offer(new Notification.Lasting(SPACE, new byte[40 << 20]));
    assertThat(slow).isFalse();
    assertThat(queue.waitingBytes()).isEqualTo(80L << 20);
  }

  @Test
  void whoeverWaitsForRoomIsToldOnceHalfIsFree() {
    hold();
    for (int i = 0; i < 64; i++) {
      reply("x".repeat(4096));
    }
    var told = new AtomicInteger();
    queue.whenRoomForReply(4096, told::incrementAndGet);
    socket.takeOne();
    assertThat(told).as("16 frames left, 48 wait").hasValue(0);
    socket.takeOne();
    socket.takeOne();
    assertThat(told).hasValue(1);
    socket.takeAll();
    assertThat(told).hasValue(1);
  }

  @Test
  void notificationsHaveRoomOfTheirOwn() {
    hold();
    for (int i = 0; i < 64; i++) {
      reply("r");
    }
    for (int i = 1; i <= 256; i++) {
      queue.offer(sync(SPACE, i));
    }
    assertThat(slow).isFalse();
    socket.takeAll();
    assertThat(socket.sent).hasSize(1 + 64 + 256);
  }

  @Test
  void syncsOfTheSpaceGiveWayToOneMarkerWhoseCursorMovesOn() {
    hold();
    for (int i = 1; i <= 255; i++) {
      queue.offer(sync(SPACE, i));
    }
    queue.offer(sync(OTHER, 7));
    queue.offer(sync(SPACE, 256));
    queue.offer(sync(SPACE, 257));
    queue.offer(new Notification.Lasting(SPACE, bytes("membership 258")));
    queue.offer(sync(SPACE, 259));
    socket.takeAll();
    assertThat(socket.texts())
        .containsExactly("held", "sync " + OTHER + " 7", "membership 258", "marker 259");
    assertThat(slow).isFalse();
  }

  @Test
  void afterTheMarkerLeftSyncsAreSentAsTheyAre() {
    hold();
    for (int i = 1; i <= 257; i++) {
      queue.offer(sync(SPACE, i));
    }
    socket.takeAll();
    queue.offer(sync(SPACE, 258));
    assertThat(socket.texts()).containsExactly("held", "marker 257", "sync " + SPACE + " 258");
  }

  @Test
  void syncsGiveWayByBytesToo() {
    hold();
    for (int i = 1; i <= 3; i++) {
      queue.offer(
          new Notification.Sync(SPACE, i, new byte[3 << 20], cursor -> bytes("marker " + cursor)));
    }
    assertThat(queue.waitingBytes()).isLessThan(100);
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "marker 3");
  }

  @Test
  void presenceAndEventsAreDroppedOldestFirst() {
    hold();
    for (int i = 1; i <= 300; i++) {
      queue.offer(new Notification.Ephemeral(SPACE, bytes("event " + i)));
    }
    assertThat(slow).isFalse();
    queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    socket.takeAll();
    assertThat(socket.texts()).hasSize(257).contains("event 46", "event 300", "membership");
    assertThat(socket.texts()).doesNotContain("event 45");
  }

  @Test
  void aNewEventFindsNoRoomBesideWhatMustStay() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    }
    queue.offer(new Notification.Ephemeral(SPACE, bytes("event")));
    assertThat(slow).isFalse();
    socket.takeAll();
    assertThat(socket.texts()).doesNotContain("event");
  }

  @Test
  void whatMustStayAndFindsNoRoomMakesTheConsumerSlow() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    }
    assertThat(slow).isFalse();
    queue.offer(new Notification.Lasting(SPACE, bytes("one too many")));
    assertThat(slow).isTrue();
  }

  @Test
  void syncsOfManySpacesThatFindNoRoomMakeTheConsumerSlow() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(sync(new SpaceId(new UUID(9, i)), 1));
    }
    assertThat(slow).isFalse();
    queue.offer(sync(SPACE, 1));
    assertThat(slow).isTrue();
  }

  @Test
  void aMembershipEntryMakesTheSyncsOfItsSpaceGiveWay() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(sync(SPACE, i));
    }
    queue.offer(new Notification.Lasting(SPACE, bytes("membership 257")));
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "marker 256", "membership 257");
  }

  @Test
  void whatBelongsToNoSpaceStaysWhereItFindsRoom() {
    hold();
    for (int i = 1; i <= 255; i++) {
      queue.offer(sync(SPACE, i));
    }
    queue.offer(new Notification.Lasting(null, bytes("invitation")));
    assertThat(slow).isFalse();
    queue.withdraw(SPACE);
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "invitation");
  }

  @Test
  void whatBelongsToNoSpaceMakesEventsGiveWay() {
    hold();
    queue.offer(new Notification.Ephemeral(SPACE, bytes("event")));
    for (int i = 1; i <= 255; i++) {
      queue.offer(new Notification.Lasting(OTHER, bytes("membership")));
    }
    queue.offer(new Notification.Lasting(null, bytes("invitation")));
    assertThat(slow).isFalse();
    queue.offer(new Notification.Lasting(null, bytes("one too many")));
    assertThat(slow).isTrue();
    socket.takeAll();
    assertThat(socket.texts()).hasSize(257).contains("invitation").doesNotContain("event");
  }

  @Test
  void withdrawTakesBackAllNotificationsOfASpaceAndNothingElse() {
    hold();
    for (int i = 1; i <= 257; i++) {
      queue.offer(sync(SPACE, i)); // one marker in the end
    }
    queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    queue.offer(new Notification.Ephemeral(SPACE, bytes("event")));
    queue.offer(new Notification.Ephemeral(null, bytes("keepalive")));
    queue.offer(sync(OTHER, 1));
    reply("reply");
    queue.withdraw(SPACE);
    queue.withdraw(new SpaceId(new UUID(3, 3)));
    assertThat(queue.waitingBytes())
        .isEqualTo("keepalivereply".length() + sync(OTHER, 1).frame().length);
    queue.offer(new Notification.Lasting(SPACE, bytes("revoked")));
    socket.takeAll();
    assertThat(socket.texts())
        .containsExactly("held", "keepalive", "sync " + OTHER + " 1", "reply", "revoked");
  }

  @Test
  void withdrawMakesRoom() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    }
    queue.withdraw(SPACE);
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(OTHER, bytes("membership")));
    }
    assertThat(slow).isFalse();
  }

  @Test
  void withdrawRepliesTakesBackOneStreamsChunksAndMakesRoom() {
    Object stream = new Object();
    Object another = new Object();
    hold();
    queue.offerReplies(List.of(bytes("a1"), bytes("a2")), 0, stream);
    queue.offerReplies(List.of(bytes("b1")), 0, another);
    for (int i = 0; i < 61; i++) {
      queue.offerReplies(List.of(bytes("a")), 0, stream);
    }
    assertThat(reply("one too many")).isFalse();
    var told = new AtomicInteger();
    queue.whenRoomForReply(1, told::incrementAndGet);
    queue.withdrawReplies(another);
    assertThat(told).as("not half is free").hasValue(0);
    queue.withdrawReplies(stream);
    assertThat(told).hasValue(1);
    assertThat(reply("forbidden")).isTrue();
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "forbidden");
    assertThat(told).hasValue(1);
  }

  @Test
  void whatIsWithdrawnWhileItFinishesIsNotWaitedFor() {
    hold();
    queue.offer(sync(SPACE, 1));
    var finished = new AtomicBoolean();
    queue.finish(() -> finished.set(true));
    queue.withdraw(SPACE);
    assertThat(finished).as("one frame is in hand").isFalse();
    socket.takeAll();
    assertThat(finished).isTrue();
    assertThat(socket.texts()).containsExactly("held");
  }

  @Test
  void finishSendsWhatWaitsAndTakesNothingMore() {
    hold();
    reply("last");
    var finished = new AtomicBoolean();
    queue.finish(() -> finished.set(true));
    assertThat(reply("too late")).as("dropped, not waited for").isTrue();
    queue.offer(sync(SPACE, 1));
    assertThat(finished).isFalse();
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "last");
    assertThat(finished).isTrue();
  }

  @Test
  void discardDropsWhatWaitsAndReleasesWhoeverWaits() {
    hold();
    for (int i = 0; i < 64; i++) {
      reply("r");
    }
    var told = new AtomicBoolean();
    queue.whenRoomForReply(1, () -> told.set(true));
    queue.discard();
    assertThat(told).isTrue();
    assertThat(queue.waitingBytes()).isZero();
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held");
  }

  @Test
  void manyThreadsLoseAndRepeatNothingAndKeepTheirOwnOrder() throws Exception {
    int threads = 4;
    int each = 1_000;
    var sent = new ConcurrentLinkedQueue<String>();
    var writing = new AtomicBoolean();
    OutboundQueue shared;
    try (var pool = Executors.newFixedThreadPool(threads + 1)) {
      shared =
          new OutboundQueue(
              (frames, done) -> {
                assertThat(writing.compareAndSet(false, true)).isTrue();
                frames.forEach(frame -> sent.add(new String(frame, UTF_8)));
                pool.execute(
                    () -> {
                      writing.set(false);
                      done.run();
                    });
              },
              budget,
              () -> slow = true);
      var left = new AtomicInteger(threads);
      for (int thread = 0; thread < threads; thread++) {
        int name = thread;
        pool.execute(
            () -> {
              for (int i = 0; i < each; i++) {
                List<byte[]> frame = List.of(bytes(name + " " + i));
                while (shared.offerReplies(frame, 0) == 0) {
                  Thread.onSpinWait();
                }
              }
              left.decrementAndGet();
            });
      }
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while ((left.get() > 0 || sent.size() < threads * each) && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
    }
    assertThat(sent).hasSize(threads * each).doesNotHaveDuplicates();
    for (int thread = 0; thread < threads; thread++) {
      String prefix = thread + " ";
      assertThat(sent.stream().filter(text -> text.startsWith(prefix)))
          .containsExactlyElementsOf(IntStream.range(0, each).mapToObj(i -> prefix + i).toList());
    }
  }

  /** Gives the socket a frame that it does not complete yet, so that all others wait. */
  private void hold() {
    reply("held");
  }

  private boolean reply(String text) {
    return queue.offerReplies(List.of(bytes(text)), 0) == 1;
  }

  private static Notification.Sync sync(SpaceId space, long cursor) {
    return new Notification.Sync(
        space, cursor, bytes("sync " + space + " " + cursor), at -> bytes("marker " + at));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
