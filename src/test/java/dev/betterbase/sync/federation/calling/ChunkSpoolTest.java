package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ChunkSpoolTest {
  private final SpoolRoom room = new SpoolRoom(1L << 30, () -> true);
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
    try (var spool = new ChunkSpool(room)) {
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
    var small = new SpoolRoom(8_000_000, () -> true);
    try (var spool = new ChunkSpool(small)) {
      assertThat(spool.add(chunk(ChunkSpool.MEMORY))).isTrue();
      assertThat(spool.add(chunk(900_000))).isTrue();
      assertThat(spool.add(chunk(200_000))).isFalse();
    }
  }

  @Test
  void manySpoolsHaveABoundTogetherAndLeaveRoomForOthers() {
    var small = new SpoolRoom(8_000_000, () -> true);
    var spools = new ArrayList<ChunkSpool>();
    long onDisk = 0;
    for (int i = 0; i < 50; i++) {
      var spool = new ChunkSpool(small);
      spools.add(spool);
      assertThat(spool.add(chunk(ChunkSpool.MEMORY))).isTrue();
      for (int n = 0; spool.add(chunk(1_000)); n++) {
        assertThat(n).isLessThan(1_000);
        onDisk += 1_000;
      }
    }
    assertThat(onDisk).isBetween(7_000_000L, 8_000_000L);
    spools.forEach(ChunkSpool::close);
    try (var spool = new ChunkSpool(small)) {
      assertThat(spool.add(chunk(ChunkSpool.MEMORY))).isTrue();
      assertThat(spool.add(chunk(900_000))).as("all was given back").isTrue();
    }
  }

  @Test
  void nothingIsSpooledOnADiskThatIsNearlyFull() {
    try (var spool = new ChunkSpool(new SpoolRoom(1L << 30, () -> false))) {
      assertThat(spool.add(chunk(ChunkSpool.MEMORY))).isTrue();
      assertThat(spool.add(chunk(1))).isFalse();
    }
  }

  /** What a full disk took of a chunk is not read. */
  @Test
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void onAFullDiskTheChunksBeforeAreWhole(@TempDir Path folder) throws Exception {
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.toString()) == 0);
    try (var spool = new ChunkSpool(room, folder)) {
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
    var spool = new ChunkSpool(room);
    spool.close();
    assertThat(spool.add(chunk(1))).isFalse();
    spool.close();
  }
}
