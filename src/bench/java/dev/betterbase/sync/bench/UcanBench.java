package dev.betterbase.sync.bench;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.InvalidUcan;
import dev.betterbase.sync.identity.P256Point;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.identity.UcanChain;
import dev.betterbase.sync.identity.UcanVerifier;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUcan;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * A chain that was seen before, beside the same chain seen for the first time. The difference is
 * the verification of signatures, which {@code signatures} counts.
 *
 * <p>{@code mvn -Pbench package -Dbench.program=jmh}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class UcanBench {

  /** A chain from the root key to a member. */
  @State(Scope.Benchmark)
  public static class Chain {
    /** The number of tokens in the chain. */
    @Param({"1", "2", "3", "8"})
    int depth;

    String token = "";
    UcanChain.Demand demand = new UcanChain.Demand(SPACE, POINT, "", Permission.READ);
    UcanVerifier warm = new UcanVerifier(InstantSource.system());

    private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));
    private static final TestKey ROOT = TestKey.create();
    private static final P256Point POINT = P256Point.decode(ROOT.compressed()).orElseThrow();

    /** Makes the chain and has it seen once. */
    @Setup
    public void make() throws InvalidUcan {
      TestKey holder = ROOT;
      for (int i = 0; i < depth; i++) {
        TestKey next = TestKey.create();
        TestUcan ucan = holder.ucan().to(next).on(SPACE.toString()).allows("write");
        token = (i == 0 ? ucan : ucan.under(token)).sign();
        holder = next;
      }
      demand = new UcanChain.Demand(SPACE, POINT, holder.did(), Permission.WRITE);
      verify(warm);
    }

    Capability verify(UcanVerifier verifier) throws InvalidUcan {
      return verifier.verify(verifier.check(token, demand));
    }
  }

  /** The number of verified signatures. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Signatures {
    public long signatures;

    void count(UcanVerifier verifier, long before) {
      signatures += verifier.verifiedSignatures() - before;
    }
  }

  @Benchmark
  public Capability seenBefore(Chain chain, Signatures counted) throws InvalidUcan {
    long before = chain.warm.verifiedSignatures();
    Capability capability = chain.verify(chain.warm);
    counted.count(chain.warm, before);
    return capability;
  }

  @Benchmark
  public Capability seenForTheFirstTime(Chain chain, Signatures counted) throws InvalidUcan {
    UcanVerifier cold = new UcanVerifier(InstantSource.system());
    Capability capability = chain.verify(cold);
    counted.count(cold, 0);
    return capability;
  }
}
