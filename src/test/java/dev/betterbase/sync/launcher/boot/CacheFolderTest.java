package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheFolderTest {
  private static final Path CURRENT = Path.of("/srv/sync");
  private static final Path IN_DATA = Path.of("/srv/sync/data/cache");

  @Test
  void theFolderOfTheServiceComesFirst() {
    assertThat(
            CacheFolder.candidates(
                Map.of("CACHE_DIRECTORY", "/var/cache/sync:/var/cache/other"), "/home/a", CURRENT))
        .containsExactly(
            Path.of("/var/cache/sync"), Path.of("/home/a/.cache/betterbase-sync"), IN_DATA);
  }

  @Test
  void theUserMayHaveAnotherCacheFolder() {
    assertThat(CacheFolder.candidates(Map.of("XDG_CACHE_HOME", "/fast"), "/home/a", CURRENT))
        .containsExactly(Path.of("/fast/betterbase-sync"), IN_DATA);
  }

  @Test
  void aUserWithoutAHomeHasTheDataFolder() {
    assertThat(CacheFolder.candidates(Map.of(), "?", CURRENT)).containsExactly(IN_DATA);
  }

  @ParameterizedTest
  @CsvSource({
    "rwx------, true",
    "rwxr-xr-x, true",
    "r-xr-xr-x, true",
    "rwxrwx---, false",
    "rwx----w-, false"
  })
  @DisabledOnOs(OS.WINDOWS)
  void aFolderThatOthersCanWriteToIsNotSafe(String permissions, boolean safe, @TempDir Path parent)
      throws IOException {
    Path folder = Files.createDirectory(parent.resolve("cache"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
    assertThat(CacheFolder.isSafe(folder)).isEqualTo(safe);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aLinkToAFolderIsNotSafe(@TempDir Path parent) throws IOException {
    Path folder = Files.createDirectory(parent.resolve("real"), CacheFolder.onlyForItsOwner());
    assertThat(CacheFolder.isSafe(folder)).isTrue();
    assertThat(CacheFolder.isSafe(Files.createSymbolicLink(parent.resolve("link"), folder)))
        .isFalse();
  }
}
