package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ChunkSpoolTest {
  private final Random random = new Random(7);

  private ChunkSpool.Chunk chunk(int length) {
    byte[] data = new byte[length];
    random.nextBytes(data);
    return new ChunkSpool.Chunk("pull.record", data);
  }

  private static void assertSame(ChunkSpool.@Nullable Chunk read, ChunkSpool.Chunk written) {
    if (read == null) {
      throw new AssertionError("no chunk");
    }
    assertThat(read.name()).isEqualTo(written.name());
    assertThat(read.data()).isEqualTo(written.data());
  }

  @Test
  void chunksComeInTheirOrderWhetherInMemoryOrOnDisk() {
    var expected = new ArrayDeque<ChunkSpool.Chunk>();
    try (var spool = new ChunkSpool(64L << 20)) {
      for (int round = 0; round < 20; round++) {
        for (int i = random.nextInt(30); i >= 0; i--) {
          ChunkSpool.Chunk chunk = chunk(random.nextInt(400_000));
          assertThat(spool.add(chunk)).isTrue();
          expected.add(chunk);
        }
        for (int i = random.nextInt(60); i >= 0 && !expected.isEmpty(); i--) {
          assertSame(spool.poll(), expected.remove());
        }
      }
      while (!expected.isEmpty()) {
        assertSame(spool.poll(), expected.remove());
      }
      assertThat(spool.poll()).isNull();
      assertThat(spool.isEmpty()).isTrue();
    }
  }

  @Test
  void whatPassesTheBoundIsRefused() {
    try (var spool = new ChunkSpool(1_000_000)) {
      assertThat(spool.add(chunk(ChunkSpool.MEMORY))).isTrue();
      assertThat(spool.add(chunk(900_000))).isTrue();
      assertThat(spool.add(chunk(200_000))).isFalse();
    }
  }

  /** What a full disk took of a chunk is not read. */
  @Test
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void onAFullDiskTheChunksBeforeAreWhole(@TempDir Path folder) throws Exception {
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.toString()) == 0);
    try (var spool = new ChunkSpool(64L << 20, folder)) {
      ChunkSpool.Chunk inMemory = chunk(ChunkSpool.MEMORY);
      ChunkSpool.Chunk onDisk = chunk(900_000);
      assertThat(spool.add(inMemory)).isTrue();
      assertThat(spool.add(onDisk)).isTrue();
      assertThatThrownBy(() -> spool.add(chunk(900_000))).hasCauseInstanceOf(IOException.class);
      assertSame(spool.poll(), inMemory);
      assertSame(spool.poll(), onDisk);
      assertThat(spool.poll()).isNull();
      assertThat(spool.isEmpty()).isTrue();
    } finally {
      assertThat(run("umount", folder.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  @Test
  void closedOneTakesNothing() {
    var spool = new ChunkSpool(1_000_000);
    spool.close();
    assertThat(spool.add(chunk(1))).isFalse();
    spool.close();
  }
}
