package dev.betterbase.sync.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.LocalStorage;
import dev.betterbase.sync.file.storage.Upload;
import dev.betterbase.sync.protocol.SpaceId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadSweepTest {
  private final UploadSweep sweep = new UploadSweep();

  @Test
  void itTakesWhatIsThereForLongerThanTheLongestUploadAndAnHour(@TempDir Path root)
      throws IOException {
    LocalStorage storage = new LocalStorage(root);
    Path left = path(root, receive(storage));
    FileKey key = new FileKey(new SpaceId(UUID.randomUUID()), UUID.randomUUID());
    storage.publish(receive(storage), key);
    Path foreign = Files.createFile(root.resolve("uploads").resolve("notes"));
    // The times of files do not count: the clock may have been wrong.
    Files.setLastModifiedTime(left, FileTime.from(Instant.EPOCH));

    sweep.sweep(storage, 0);
    assertThat(left).exists();
    sweep.sweep(storage, Duration.ofMinutes(1).toNanos());
    Path later = path(root, receive(storage));
    sweep.sweep(storage, Duration.ofMinutes(2).toNanos());
    sweep.sweep(storage, Duration.ofMinutes(165).toNanos());
    assertThat(left).exists();
    sweep.sweep(storage, Duration.ofMinutes(168).toNanos());
    assertThat(left).doesNotExist();
    assertThat(later).exists();
    sweep.sweep(storage, Duration.ofMinutes(170).toNanos());
    assertThat(later).doesNotExist();
    assertThat(foreign).exists();
    assertThat(root.resolve(key.path())).exists();
  }

  private static Upload receive(LocalStorage storage) throws IOException {
    return storage.receive(new ByteArrayInputStream(new byte[1]), 1);
  }

  private static Path path(Path root, Upload upload) {
    return root.resolve("uploads").resolve(upload.id().toString());
  }
}
