package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeResourcesTest {
  @Test
  void aFolderThatCannotBeWrittenToIsNamed(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("missing");
    assertThat(FreeResources.lack(missing.resolve("java.aot")))
        .hasValue("cannot write to the folder " + missing);
  }

  @Test
  void tooSmallADiskIsNamed() throws IOException {
    Path disk = Path.of("/dev/shm");
    assumeTrue(
        Files.isWritable(disk) && Files.getFileStore(disk).getUsableSpace() < 1L << 30,
        "there is no small disk");
    assertThat(FreeResources.lack(disk.resolve("java.aot")))
        .hasValueSatisfying(reason -> assertThat(reason).contains("on the disk of /dev/shm"));
  }
}
