package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The hand-over of a frame to the outbound queue of a connection and from there to a transport that
 * is always ready.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class QueueBench {
  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));

  private final byte[] frame = new byte[640];
  private final List<byte[]> reply = List.of(new byte[32]);
  private final Notification sync = new Notification.Sync(SPACE, 1, frame, cursor -> new byte[0]);
  private final OutboundQueue queue =
      new OutboundQueue(
          (frames, done) -> done.run(),
          new SendBudget(1 << 30),
          () -> {
            throw new IllegalStateException("no room");
          });

  @Benchmark
  public void notification() {
    queue.offer(sync);
  }

  @Benchmark
  public int reply() {
    return queue.offerReplies(reply, 0);
  }

  /** Two threads that announce to the same connection. */
  @Benchmark
  @Threads(2)
  public void notificationsOfTwo() {
    queue.offer(sync);
  }
}
