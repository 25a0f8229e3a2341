package dev.betterbase.sync.file.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStorageTest extends StorageContract {
  private Path root;
  private Storage storage;

  @BeforeEach
  void open(@TempDir Path folder) throws IOException {
    root = folder.resolve("data").resolve("files");
    storage = new LocalStorage(root);
  }

  @Override
  Storage storage() {
    return storage;
  }

  @Override
  List<String> paths() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).map(p -> root.relativize(p).toString()).toList();
    }
  }

  @Test
  void onlyTheOwnerSeesTheFolder() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
        .isEqualTo("rwx------");
  }

  @Test
  void whatIsThereIsThereAfterARestart() throws IOException {
    FileKey key = newKey();
    storage.publish(storage.receive(new java.io.ByteArrayInputStream(random(5)), 5), key);
    try (Storage again = new LocalStorage(root);
        var in = again.read(key, 0, 5)) {
      assertThat(in.readAllBytes()).isEqualTo(random(5));
    }
  }

  @Test
  void aFileThatIsDeletedWhileItIsReadIsReadToItsEnd() throws IOException {
    FileKey key = newKey();
    storage.publish(
        storage.receive(new java.io.ByteArrayInputStream(random(400_000)), 400_000), key);
    try (var in = storage.read(key, 0, 400_000)) {
      assertThat(in.readNBytes(10)).hasSize(10);
      storage.delete(key);
      assertThat(in.readAllBytes()).hasSize(399_990);
    }
  }

  @Test
  void aFileThatIsTooShortIsRefusedBeforeItIsRead() throws IOException {
    FileKey key = newKey();
    storage.publish(storage.receive(new java.io.ByteArrayInputStream(random(5)), 5), key);
    Files.write(root.resolve(key.path()), random(4));
    assertThatThrownBy(() -> storage.read(key, 0, 5)).isInstanceOf(EOFException.class);
    try (var in = storage.read(key, 1, 3)) {
      assertThat(in.readAllBytes()).hasSize(3);
    }
  }

  /** As a disk that is not mounted any more. */
  @Test
  void aFolderThatIsGoneIsNoMissingFile() throws IOException {
    FileKey key = newKey();
    storage.publish(storage.receive(new java.io.ByteArrayInputStream(random(5)), 5), key);
    Path away = Files.move(root, root.resolveSibling("away"));
    for (boolean isMountPoint : new boolean[] {false, true}) {
      if (isMountPoint) {
        Files.createDirectory(root);
      }
      assertThatThrownBy(() -> storage.read(key, 0, 5))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(NoSuchFileException.class)
          .hasMessageContaining("the folder is gone");
      assertThatThrownBy(() -> storage.delete(key)).hasMessageContaining("the folder is gone");
      assertThatThrownBy(() -> storage.size(key)).hasMessageContaining("the folder is gone");
      assertThatThrownBy(() -> storage.visit(any -> {})).hasMessageContaining("the folder is gone");
      assertThatThrownBy(storage::check).hasMessageContaining("the folder is gone");
      assertThatThrownBy(() -> storage.publish(Upload.random(), key))
          .hasMessageContaining("the folder is gone");
    }
    Files.delete(root);
    Files.move(away, root);
    try (var in = storage.read(key, 0, 5)) {
      assertThat(in.readAllBytes()).isEqualTo(random(5));
    }
  }

  /** As a disk that is not mounted yet when the server starts. */
  @Test
  void nothingIsMadeWhereFilesShouldBe() throws IOException {
    FileKey key = newKey();
    storage.publish(storage.receive(new java.io.ByteArrayInputStream(random(5)), 5), key);
    Path away = Files.move(root, root.resolveSibling("away"));
    try (Storage early = new LocalStorage(root, true)) {
      assertThat(root).doesNotExist();
      assertThatThrownBy(early::check).hasMessageContaining("the folder is gone");
      Files.move(away, root);
      early.check();
      assertThat(early.size(key)).hasValue(5);
    }
  }

  /** Earlier releases have no folder for uploads. */
  @Test
  void filesOfAnEarlierReleaseAreTaken() throws IOException {
    FileKey key = newKey();
    storage.publish(storage.receive(new java.io.ByteArrayInputStream(random(5)), 5), key);
    Files.delete(root.resolve(Upload.FOLDER));
    try (Storage adopted = new LocalStorage(root, true)) {
      adopted.check();
      assertThat(adopted.size(key)).hasValue(5);
    }
  }
}
