package dev.betterbase.sync.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.LocalStorage;
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
  @Test
  void itTakesWhatIsOlderThanTheLongestUploadAndAnHour(@TempDir Path root) throws IOException {
    LocalStorage storage = new LocalStorage(root);
    Path old = upload(root, storage, Duration.ofMinutes(170));
    Path young = upload(root, storage, Duration.ofMinutes(165));
    FileKey key = new FileKey(new SpaceId(UUID.randomUUID()), UUID.randomUUID());
    storage.publish(storage.receive(new ByteArrayInputStream(new byte[1]), 1), key);
    Path file = root.resolve(key.path());
    age(file, Duration.ofDays(900));

    UploadSweep.sweep(storage);

    assertThat(old).doesNotExist();
    assertThat(young).exists();
    assertThat(file).exists();
  }

  private static Path upload(Path root, LocalStorage storage, Duration age) throws IOException {
    var upload = storage.receive(new ByteArrayInputStream(new byte[1]), 1);
    Path file = root.resolve("uploads").resolve(upload.id().toString());
    age(file, age);
    return file;
  }

  private static void age(Path file, Duration age) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
  }
}
