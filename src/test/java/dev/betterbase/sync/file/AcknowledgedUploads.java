package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Threads that upload files until the server is gone, and remember which uploads were answered, to
 * be compared with what is there after a crash.
 */
public final class AcknowledgedUploads {
  private static final int SIZE = 2_000_000;
  private static final int FILES_PER_THREAD = 100;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final FileClient files;
  private final String record = newId();
  private final int threads;
  private final Map<String, byte[]> sent = new ConcurrentHashMap<>();
  private final List<String> answered = new CopyOnWriteArrayList<>();
  private ExecutorService running;
  private int answeredBefore;

  private AcknowledgedUploads(TestServer server, int threads) {
    this.files = client(server, record);
    this.threads = threads;
    this.running = run();
  }

  /** Begins to upload. */
  public static AcknowledgedUploads start(TestServer server, int threads) {
    return new AcknowledgedUploads(server, threads);
  }

  /** Makes a client of a new user, who has one record. */
  static FileClient client(TestServer server, String record) {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      var pushed =
          client.request("push", push(user.personalSpace(), put(record, 0, blob(1), dek(1)))).ok();
      assertThat(pushed.path("ok").asBoolean()).isTrue();
    }
    String token =
        user.issuer()
            .token()
            .of(user)
            .claim("scope", "sync files")
            .expiresIn(Duration.ofHours(2))
            .sign();
    return FileClient.of(server, token, user.personalSpace());
  }

  /** Uploads again, after the server was started again. */
  public void resume() {
    answeredBefore = answered.size();
    running = run();
  }

  private ExecutorService run() {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      executor.execute(this::upload);
    }
    executor.shutdown();
    return executor;
  }

  private void upload() {
    try {
      for (int i = 0; i < FILES_PER_THREAD; i++) {
        String file = newId();
        byte[] bytes = blob(SIZE);
        sent.put(file, bytes);
        if (files.put(file, record, bytes) == 201) {
          answered.add(file);
        }
      }
    } catch (UncheckedIOException gone) {
      // The server was killed.
    }
  }

  /** Waits until this number of uploads was answered since the start or the last resumption. */
  public void awaitAnswers(int count) {
    await().atMost(LIMIT).until(() -> answered.size() >= answeredBefore + count);
  }

  /** Waits until every thread has noticed that the server is gone. */
  public void awaitEnd() throws InterruptedException {
    assertThat(running.awaitTermination(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  /** The number of files that were sent, whole or in part. */
  int sent() {
    return sent.size();
  }

  /**
   * Asserts that every file that was answered is there, and that every other one is whole, or
   * absent and stored by a retry. The retry is answered 204 if only the first answer was lost.
   */
  public void assertNothingLost() {
    assertThat(answered).isNotEmpty();
    for (String file : answered) {
      assertThat(files.get(file).body()).isEqualTo(sent.get(file));
    }
    sent.forEach(
        (file, bytes) -> {
          int status = files.get(file).statusCode();
          assertThat(files.put(file, record, bytes)).isEqualTo(status == 200 ? 204 : 201);
          assertThat(files.get(file).body()).isEqualTo(bytes);
        });
  }
}
