package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.record.SyncFrames;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** The frame of a push for many subscribers: it is encoded once and reused for the others. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class FanOutBench {
  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));
  private static final String SPELLING = SPACE.toString();

  @Param({"1", "1000"})
  int subscribers;

  @Benchmark
  public void encode(Blackhole blackhole) {
    Announcement announcement = SyncFrames.announcement(SPACE);
    for (int i = 0; i < subscribers; i++) {
      blackhole.consume(announcement.message().spelled(SPELLING));
    }
  }
}
