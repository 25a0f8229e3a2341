package dev.betterbase.sync.rpc.outbound;

import static dev.betterbase.sync.rpc.outbound.TestFrames.bytes;
import static dev.betterbase.sync.rpc.outbound.TestFrames.sync;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Replies in the outbound queue, on a socket that takes as much as the test allows. */
class OutboundQueueTest {
  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));

  private boolean slow;
  private final SlowSocket socket = new SlowSocket();
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

    var bytes = new OutboundQueue(new SlowSocket(), budget, () -> slow = true);
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
}
