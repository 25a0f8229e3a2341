package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.record.HomeRecords.RemoteSpace;
import dev.betterbase.sync.record.PullHandler;
import dev.betterbase.sync.rpc.method.ChunkSource;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.WireClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The chunks of one home server, separated into the spaces that were asked for. */
class HomePullTest {
  private static final int PLENTY = 1 << 20;
  private static final SpaceId A = new SpaceId(new UUID(0, 1));
  private static final SpaceId B = new SpaceId(new UUID(0, 2));
  private static final SpaceId C = new SpaceId(new UUID(0, 3));

  /** A home server that sends what it is told to. */
  private static final class Home implements HomePull.Source {
    private final ArrayList<ChunkSpool.Chunk> waiting = new ArrayList<>();
    private boolean over;
    private boolean fails;

    Home sends(String name, SpaceId space) {
      byte[] data = WireClient.encode(Requests.map("cursor", 1, "space", space.toString()));
      waiting.add(new ChunkSpool.Chunk(name, data));
      return this;
    }

    Home sendsAll(SpaceId... spaces) {
      for (SpaceId space : spaces) {
        sends("pull.begin", space).sends("pull.record", space).sends("pull.commit", space);
      }
      return this;
    }

    Home ends() {
      over = true;
      return this;
    }

    Home fails() {
      fails = true;
      return this;
    }

    @Override
    public ChunkSpool.@Nullable Chunk poll() {
      return waiting.isEmpty() ? null : waiting.removeFirst();
    }

    @Override
    public boolean isOver() {
      if (fails) {
        throw new Failure.Internal("internal");
      }
      return over;
    }

    @Override
    public CompletionStage<Void> ready() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
      waiting.clear();
    }
  }

  private static List<ChunkSource> pull(Home home, SpaceId... spaces) {
    return new HomePull(home, Arrays.stream(spaces).map(HomePullTest::wanted).toList()).spaces();
  }

  private static RemoteSpace wanted(SpaceId space) {
    return new RemoteSpace(
        space,
        new PullHandler.Wanted(space.toString(), 0, "ucan"),
        new Capability(space, Permission.READ, "did:key:test", List.of("cid"), Instant.MAX));
  }

  /** The spaces of the chunks of one step; what it returns is added at the end. */
  private static List<String> step(ChunkSource stream) {
    var seen = new ArrayList<String>();
    boolean more =
        stream.next(
            (name, data) ->
                seen.add(
                    name.substring("pull.".length())
                        + Objects.requireNonNull(HomePull.space(((Encoded) data).reader()))
                            .value()
                            .getLeastSignificantBits()),
            PLENTY);
    seen.add(more ? "more" : "done");
    return seen;
  }

  @Test
  void eachStreamHasTheChunksOfItsSpace() {
    List<ChunkSource> streams = pull(new Home().sendsAll(A, B).ends(), A, B);
    assertThat(step(streams.get(0))).containsExactly("begin1", "record1", "commit1", "done");
    assertThat(step(streams.get(1))).containsExactly("begin2", "record2", "commit2", "done");
  }

  @Test
  void spaceThatTheHomeLeavesOutIsEmpty() {
    List<ChunkSource> streams = pull(new Home().sendsAll(B).ends(), A, B, C);
    assertThat(step(streams.get(0))).containsExactly("done");
    assertThat(step(streams.get(1))).containsExactly("begin2", "record2", "commit2", "done");
    assertThat(step(streams.get(2))).containsExactly("done");
  }

  @Test
  void spaceThatIsAskedForTwiceComesTwice() {
    List<ChunkSource> streams = pull(new Home().sendsAll(A, B, A).ends(), A, B, A);
    assertThat(step(streams.get(0))).contains("commit1");
    assertThat(step(streams.get(1))).contains("commit2");
    assertThat(step(streams.get(2))).containsExactly("begin1", "record1", "commit1", "done");
  }

  @Test
  void chunksThatHaveNotComeAreWaitedFor() {
    var home = new Home();
    List<ChunkSource> streams = pull(home, A);
    assertThat(step(streams.get(0))).containsExactly("more");
    home.sends("pull.begin", A);
    assertThat(step(streams.get(0))).containsExactly("begin1", "more");
    home.sends("pull.commit", A).ends();
    assertThat(step(streams.get(0))).containsExactly("commit1", "done");
  }

  @Test
  void homeThatCannotBeReachedIsLeftOut() {
    List<ChunkSource> streams = pull(new Home().fails(), A, B);
    assertThat(step(streams.get(0))).containsExactly("done");
    assertThat(step(streams.get(1))).containsExactly("done");
  }

  @Test
  void homeThatBreaksOffFails() {
    List<ChunkSource> within = pull(new Home().sends("pull.begin", A).fails(), A);
    assertThatThrownBy(() -> step(within.get(0))).isInstanceOf(Failure.Internal.class);

    List<ChunkSource> between = pull(new Home().sendsAll(A).fails(), A, B);
    assertThat(step(between.get(0))).contains("commit1");
    assertThatThrownBy(() -> step(between.get(1))).isInstanceOf(Failure.Internal.class);
  }

  @Test
  void endWithinASpaceFails() {
    List<ChunkSource> streams = pull(new Home().sends("pull.begin", A).ends(), A);
    assertThatThrownBy(() -> step(streams.get(0))).isInstanceOf(Failure.Internal.class);
  }

  @Test
  void chunksOutOfOrderFail() {
    List<ChunkSource> reversed = pull(new Home().sendsAll(B, A).ends(), A, B);
    assertThat(step(reversed.get(0))).containsExactly("done");
    assertThatThrownBy(() -> step(reversed.get(1))).isInstanceOf(Failure.Internal.class);

    List<ChunkSource> mixed =
        pull(new Home().sends("pull.begin", A).sends("pull.record", B).ends(), A, B);
    assertThatThrownBy(() -> step(mixed.get(0))).isInstanceOf(Failure.Internal.class);

    List<ChunkSource> headless = pull(new Home().sends("pull.record", A).ends(), A);
    assertThatThrownBy(() -> step(headless.get(0))).isInstanceOf(Failure.Internal.class);

    List<ChunkSource> twice = pull(new Home().sendsAll(A, A).ends(), A);
    assertThatThrownBy(() -> step(twice.get(0))).isInstanceOf(Failure.Internal.class);
  }
}
