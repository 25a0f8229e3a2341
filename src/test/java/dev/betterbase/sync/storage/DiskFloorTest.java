package dev.betterbase.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFloorTest {
  @Test
  void whatIsWrittenMustLeaveTheFloorFree(@TempDir Path folder) throws Exception {
    long free = Files.getFileStore(folder).getUsableSpace();
    // Others write to the disk meanwhile.
    long slack = 256L << 20;
    assertThat(DiskFloor.hasRoom(folder, 0, OptionalLong.of(0))).isTrue();
    assertThat(DiskFloor.hasRoom(folder, 0, OptionalLong.of(free + slack))).isFalse();
    assertThat(DiskFloor.hasRoom(folder, free + slack, OptionalLong.of(0))).isFalse();
    assertThat(DiskFloor.hasRoom(folder, free + slack, OptionalLong.empty())).isFalse();
  }

  @Test
  void aFolderThatCannotBeAskedHasRoom(@TempDir Path folder) {
    assertThat(DiskFloor.hasRoom(folder.resolve("missing"), 1, OptionalLong.empty())).isTrue();
  }
}
