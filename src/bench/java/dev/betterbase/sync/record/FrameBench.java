package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Frames by themselves: reads a push of records of 512 bytes, and writes its reply and a chunk of a
 * pull.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FrameBench {

  /** The message of a push. */
  @State(Scope.Benchmark)
  public static class Push {
    @Param({"1", "100"})
    int records;

    byte[] message = new byte[0];

    /** Encodes it. */
    @Setup
    public void make() {
      List<Object> changes = new ArrayList<>();
      for (int i = 0; i < records; i++) {
        changes.add(Requests.put(Requests.newId(), 0, Requests.blob(512), Requests.dek(1)));
      }
      message = WireClient.encodeRequest("push", "r1", Requests.push(Requests.newId(), changes));
    }
  }

  /** A record of a pull. */
  @State(Scope.Benchmark)
  public static class Stored {
    final byte[] blob = Requests.blob(512);
    final byte[] dek = Requests.dek(1);
    final String space = Requests.newId();
    final String id = Requests.newId();
  }

  @Benchmark
  public PushParams decodePush(Push push) throws ProtocolViolation {
    if (FrameReader.read(push.message) instanceof InboundFrame.Request request) {
      return PushParams.read(request.params().reader());
    }
    throw new IllegalStateException("no request");
  }

  @Benchmark
  public byte[] encodePushReply() {
    return FrameWriter.result(
        "r1", result -> result.beginMap(2).field("ok", true).field("cursor", 123_456).endMap());
  }

  @Benchmark
  public byte[] encodePullRecord(Stored stored) {
    return FrameWriter.chunk(
        "r1",
        "pull.record",
        data ->
            data.beginMap(5)
                .field("space", stored.space)
                .field("id", stored.id)
                .field("blob", stored.blob)
                .field("cursor", 123_456)
                .field("dek", stored.dek)
                .endMap());
  }
}
