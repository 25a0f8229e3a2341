package dev.betterbase.sync.file.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.settings.FileStorage;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.testing.S3Server;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The contract with a real S3 server, which checks signatures. */
@SequentialIntegrationTest
@Order(1)
class S3StorageIT extends StorageContract {
  private static S3Server server;
  private static Storage storage;

  @BeforeAll
  static void start() {
    server = S3Server.start();
    storage = new S3Storage(server.settings());
  }

  @AfterAll
  static void stop() {
    storage.close();
    server.close();
  }

  @Override
  Storage storage() {
    return storage;
  }

  @Override
  List<String> paths() throws IOException {
    Path root = server.objects();
    try (Stream<Path> all = Files.walk(root)) {
      // The server's own temporary files have longer names.
      return all.filter(Files::isRegularFile)
          .filter(file -> file.getFileName().toString().length() == 36)
          .map(file -> root.relativize(file).toString())
          .toList();
    }
  }

  @Test
  void theNameOfTheHostMayHaveAnUnderscore() throws IOException {
    try (Storage named = new S3Storage(server.settings("object_store"))) {
      named.check();
      FileKey key = newKey();
      Upload upload = named.receive(new ByteArrayInputStream(random(100_000)), 100_000);
      assertThat(named.unfinished()).contains(upload);
      named.publish(upload, key);
      try (var in = named.read(key, 10, 99_990)) {
        assertThat(in.readAllBytes()).hasSize(99_990);
      }
      try (var in = storage.read(key, 0, 100_000)) {
        assertThat(in.readAllBytes()).isEqualTo(random(100_000));
      }
      named.delete(key);
      assertThatThrownBy(() -> named.read(key, 0, 1)).isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  void aWrongSecretIsRefused() throws IOException {
    FileStorage.S3 good = server.settings();
    FileStorage.S3 bad =
        new FileStorage.S3(
            good.endpoint(), good.accessKey(), new Secret("wrong"), good.bucket(), good.region());
    List<String> before = paths();
    try (Storage stranger = new S3Storage(bad)) {
      assertThatThrownBy(() -> stranger.receive(new ByteArrayInputStream(random(9)), 9))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> stranger.delete(newKey()))
          .isInstanceOf(IOException.class)
          .hasMessage("S3 refused to delete: 403 SignatureDoesNotMatch");
      assertThatThrownBy(stranger::check)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("403");
    }
    assertThat(paths()).containsExactlyInAnyOrderElementsOf(before);
  }

  @Test
  void aBucketThatIsNotThereIsNamed() {
    FileStorage.S3 good = server.settings();
    FileStorage.S3 absent =
        new FileStorage.S3(
            good.endpoint(), good.accessKey(), good.secretKey(), "absent", good.region());
    try (Storage nowhere = new S3Storage(absent)) {
      assertThatThrownBy(nowhere::check)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("S3 refused to show the bucket absent: 404");
      assertThatThrownBy(() -> nowhere.size(newKey()))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("S3 refused to show the bucket absent: 404");
    }
  }

  @Test
  void aServerThatIsGoneIsAnErrorAndNotAWait() throws IOException {
    FileKey key = newKey();
    storage.publish(storage.receive(new ByteArrayInputStream(random(9)), 9), key);
    server.down();
    try {
      assertThatThrownBy(() -> storage.receive(new ByteArrayInputStream(random(9)), 9))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("S3 did not upload: ");
      assertThatThrownBy(() -> storage.read(key, 0, 9))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("S3 did not read: ");
    } finally {
      server.up();
    }
    try (var in = storage.read(key, 0, 9)) {
      assertThat(in.readAllBytes()).isEqualTo(random(9));
    }
  }
}
