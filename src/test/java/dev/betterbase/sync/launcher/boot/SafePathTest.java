package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisabledOnOs(OS.WINDOWS)
class SafePathTest {
  private static final int SOMEBODY_ELSE = 12345;

  private Path top;
  private Path folder;
  private Path file;

  @BeforeEach
  void makeFile(@TempDir Path temporary) throws IOException {
    top = Files.createDirectory(temporary.resolve("top"), CacheFolder.onlyForItsOwner());
    folder = Files.createDirectory(top.resolve("folder"), CacheFolder.onlyForItsOwner());
    file = Files.createFile(folder.resolve("server.aot"));
    allow(file, "rw-r--r--");
  }

  private static void allow(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void aFileThatOnlyItsOwnerCanChangeIsSafe() throws IOException {
    assertThat(SafePath.danger(file)).isEmpty();
    allow(folder, "r-xr-xr-x");
    assertThat(SafePath.danger(file)).isEmpty();
    assertThat(SafePath.danger(Files.createSymbolicLink(top.resolve("link"), file))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-"})
  void othersMustWriteNeitherToTheFileNorToAFolderAboveIt(String permissions) throws IOException {
    for (Path part : new Path[] {file, folder, top}) {
      allow(part, permissions);
      assertThat(SafePath.danger(file)).contains("other users may write to " + part.toRealPath());
      allow(part, "rwx------");
    }
    assertThat(SafePath.danger(file)).isEmpty();
  }

  @Test
  void aLinkIsJudgedByWhereItLeads() throws IOException {
    Path link = Files.createSymbolicLink(top.resolve("link"), file);
    allow(folder, "rwxrwxrwx");
    assertThat(SafePath.danger(link)).isPresent();
  }

  @Test
  void aFolderForTheTemporaryFilesOfAllIsSafe() throws IOException {
    Files.setAttribute(folder, "unix:mode", 01777);
    assertThat(SafePath.danger(file)).isEmpty();
  }

  @Test
  void aFileOrFolderOfAnotherUserIsNot() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can give files away");
    for (Path part : new Path[] {file, folder, top}) {
      Files.setAttribute(part, "unix:uid", SOMEBODY_ELSE);
      assertThat(SafePath.danger(file)).contains(part.toRealPath() + " belongs to another user");
      Files.setAttribute(part, "unix:uid", 0);
    }
  }

  @Test
  void aMissingFileIsNotSafe() {
    assertThatThrownBy(() -> SafePath.danger(top.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
