package dev.betterbase.sync.file.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.testing.NightlyTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of every storage. */
abstract class StorageContract {
  private final FileKey key = newKey();

  abstract Storage storage();

  /** The content of the storage, by the paths in http.md. */
  abstract List<String> paths() throws IOException;

  static FileKey newKey() {
    return new FileKey(new SpaceId(UUID.randomUUID()), UUID.randomUUID());
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(length).nextBytes(bytes);
    return bytes;
  }

  private Upload receive(byte[] bytes) throws IOException {
    return storage().receive(new ByteArrayInputStream(bytes), bytes.length);
  }

  private byte[] read(FileKey file, long from, long length) throws IOException {
    try (InputStream in = storage().read(file, from, length)) {
      return in.readAllBytes();
    }
  }

  @Test
  void filesAreVisitedAndMeasured() throws IOException {
    storage().publish(receive(random(7)), key);
    Upload unpublished = receive(random(1));
    List<FileKey> visited = new ArrayList<>();
    storage().visit(visited::add);
    assertThat(visited).contains(key);
    assertThat(storage().size(key)).hasValue(7);
    assertThat(storage().size(newKey())).isEmpty();
    storage().discard(unpublished);
  }

  @Test
  void itCanBeUsedAndLooksUntouched() throws IOException {
    List<String> before = paths();
    storage().check();
    assertThat(paths()).containsExactlyInAnyOrderElementsOf(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_003})
  void bytesComeBackAsTheyWere(int length) throws IOException {
    byte[] bytes = random(length);
    storage().publish(receive(bytes), key);
    assertThat(read(key, 0, length)).isEqualTo(bytes);
    assertThat(paths()).contains(key.path());
  }

  @Test
  void aLongFileComesBackAsItWas() throws Exception {
    streams(10 << 20);
  }

  @Test
  @NightlyTest
  void aFileOfAHundredMebibytesNeedsNoSuchMemory() throws Exception {
    streams(100 << 20);
  }

  private void streams(long length) throws Exception {
    MessageDigest sent = MessageDigest.getInstance("SHA-256");
    MessageDigest got = MessageDigest.getInstance("SHA-256");
    Upload upload = storage().receive(new DigestInputStream(new Pattern(length), sent), length);
    storage().publish(upload, key);
    try (InputStream in = new DigestInputStream(storage().read(key, 0, length), got)) {
      assertThat(in.transferTo(java.io.OutputStream.nullOutputStream())).isEqualTo(length);
    }
    assertThat(got.digest()).isEqualTo(sent.digest());
    storage().delete(key);
  }

  @Test
  void aPartIsThatPart() throws IOException {
    byte[] bytes = random(300_000);
    storage().publish(receive(bytes), key);
    for (int[] part : new int[][] {{0, 1}, {299_999, 1}, {0, 300_000}, {65_530, 131_100}}) {
      assertThat(read(key, part[0], part[1]))
          .isEqualTo(Arrays.copyOfRange(bytes, part[0], part[0] + part[1]));
    }
  }

  @Test
  void whatIsNotPublishedIsNotThere() throws IOException {
    Upload upload = receive(random(10));
    assertThatThrownBy(() -> read(key, 0, 10)).isInstanceOf(NoSuchFileException.class);
    assertThat(paths()).contains(upload.path());
    storage().discard(upload);
    assertThat(paths()).doesNotContain(upload.path());
    storage().discard(upload);
    assertThatThrownBy(() -> storage().publish(upload, key)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(key, 0, 10)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void publishingReplacesWhole() throws IOException {
    storage().publish(receive(random(70_000)), key);
    byte[] second = random(5);
    storage().publish(receive(second), key);
    assertThat(read(key, 0, 5)).isEqualTo(second);
  }

  @Test
  void whatIsTakenBackCanBePublishedAgain() throws IOException {
    Upload upload = receive(random(10));
    for (int i = 0; i < 3; i++) {
      storage().publish(upload, key);
      storage().withdraw(upload, key);
      assertThat(storage().unfinished()).contains(upload);
    }
    storage().publish(upload, key);
    assertThat(read(key, 0, 10)).isEqualTo(random(10));
  }

  @Test
  void deletingTakesOneFileAndMayBeRepeated() throws IOException {
    FileKey beside = new FileKey(key.space(), UUID.randomUUID());
    storage().publish(receive(random(3)), key);
    storage().publish(receive(random(4)), beside);
    storage().delete(key);
    assertThat(paths()).doesNotContain(key.path()).contains(beside.path());
    assertThatThrownBy(() -> read(key, 0, 3)).isInstanceOf(NoSuchFileException.class);
    storage().delete(key);
    storage().delete(newKey());
    assertThat(read(beside, 0, 4)).isEqualTo(random(4));
  }

  @Test
  void aBodyThatBreaksOffLeavesNothingThatCouldBePublished() throws IOException {
    List<String> before = paths();
    for (int length : new int[] {0, 1, 200_000}) {
      InputStream breaking =
          new java.io.SequenceInputStream(new ByteArrayInputStream(random(length)), new Gone());
      assertThatThrownBy(() -> storage().receive(breaking, length + 1L))
          .isInstanceOf(IOException.class)
          .hasStackTraceContaining("the client is gone");
    }
    assertThatThrownBy(() -> storage().receive(new ByteArrayInputStream(random(9)), 10))
        .isInstanceOf(IOException.class);
    assertThat(paths()).containsExactlyInAnyOrderElementsOf(before);
  }

  @Test
  void noMoreThanItsLengthIsTaken() throws IOException {
    InputStream longer = new ByteArrayInputStream(random(100));
    storage().publish(storage().receive(longer, 60), key);
    assertThat(read(key, 0, 60)).isEqualTo(Arrays.copyOf(random(100), 60));
    assertThatThrownBy(() -> read(key, 0, 61)).isInstanceOf(IOException.class);
  }

  @Test
  void theUnfinishedAreNamedUntilTheyAreDiscarded() throws IOException {
    storage().publish(receive(random(8)), key);
    Upload upload = receive(random(9));
    assertThat(storage().unfinished()).contains(upload);
    storage().discard(upload);
    assertThat(storage().unfinished()).doesNotContain(upload);
    assertThat(paths()).doesNotContain(upload.path()).contains(key.path());
    assertThat(read(key, 0, 8)).isEqualTo(random(8));
  }

  @Test
  void manyAtOnceDoNotMix() throws Exception {
    int count = 24;
    List<FileKey> keys = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> running = new ArrayList<>();
      SpaceId space = new SpaceId(UUID.randomUUID());
      for (int i = 0; i < count; i++) {
        FileKey each = new FileKey(space, UUID.randomUUID());
        keys.add(each);
        int length = 100_000 + i;
        running.add(
            threads.submit(
                () -> {
                  storage().publish(receive(random(length)), each);
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    for (int i = 0; i < count; i++) {
      assertThat(read(keys.get(i), 0, 100_000 + i)).isEqualTo(random(100_000 + i));
    }
  }

  /** The body of a client that has gone. */
  private static final class Gone extends InputStream {
    @Override
    public int read() throws IOException {
      throw new IOException("the client is gone");
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      throw new IOException("the client is gone");
    }
  }

  /** A number of bytes that differ from one another. */
  private static final class Pattern extends InputStream {
    private final SplittableRandom random = new SplittableRandom(1);
    private long left;

    Pattern(long length) {
      left = length;
    }

    @Override
    public int read() {
      return left-- <= 0 ? -1 : random.nextInt(256);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(left, Math.min(length, 8_192));
      byte[] bytes = new byte[count];
      random.nextBytes(bytes);
      System.arraycopy(bytes, 0, buffer, offset, count);
      left -= count;
      return count;
    }
  }
}
