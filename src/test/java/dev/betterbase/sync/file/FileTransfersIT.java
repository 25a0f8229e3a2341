package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many transfers at the same time, and slow transfers, with a heap of 256 MiB. */
@IntegrationTest
@NightlyTest
@Order(1)
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileTransfersIT {
  private static final int LARGEST = 100 << 20;
  private static final int MANY = 20;

  /**
   * The limit of uploads: two more, for the slow uploads of the other tests, which run meanwhile.
   */
  private static final int PLACES = MANY + 2;

  /** A quarter of the threads may carry uploads, and another quarter downloads. */
  private static final int HTTP_THREADS = 4 * PLACES;

  private static TestServer server;
  private static FileClient files;
  private static String record;
  private static Path large;

  @BeforeAll
  static void start() throws IOException {
    server =
        TestServer.start(
            options ->
                options
                    .name("files-many")
                    .heap("256m")
                    .jvmAsShipped()
                    .with("FILE_STORAGE_BACKEND", "local")
                    .with("HTTP_THREADS", Integer.toString(HTTP_THREADS)));
    record = newId();
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      client.request("push", push(user.personalSpace(), put(record, 0, blob(1), dek(1)))).ok();
    }
    files =
        FileClient.of(
            server,
            user.issuer().token().of(user).claim("scope", "sync files").sign(),
            user.personalSpace());
    large = Files.createTempFile("large", ".bin");
    Files.write(large, blob(LARGEST));
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
    Files.delete(large);
  }

  private static byte[] hash(InputStream in) throws Exception {
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    try (DigestInputStream bytes = new DigestInputStream(in, sha)) {
      bytes.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return sha.digest();
  }

  /** Up to the limit of transfers; one more is refused, and the others continue. */
  @Test
  void twentyOfTheLargestFilesUpAndDownAtOnce() throws Exception {
    byte[] expected = hash(Files.newInputStream(large));
    List<String> ids = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(MANY)) {
      List<Future<Integer>> up = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        String file = newId();
        ids.add(file);
        up.add(
            threads.submit(
                () ->
                    FileClient.send(
                            files.putting(file, record, dek(1), BodyPublishers.ofFile(large)))
                        .statusCode()));
      }
      for (Future<Integer> each : up) {
        assertThat(each.get(300, TimeUnit.SECONDS)).isEqualTo(201);
      }
      List<Future<byte[]>> down = new ArrayList<>();
      for (String file : ids) {
        down.add(
            threads.submit(
                () ->
                    hash(
                        FileClient.send(files.request(file).GET(), BodyHandlers.ofInputStream())
                            .body())));
      }
      for (Future<byte[]> each : down) {
        assertThat(each.get(300, TimeUnit.SECONDS)).isEqualTo(expected);
      }
    }
    stalledReadersTakeNoMemory(ids.getFirst());
    assertThat(server.process().output()).doesNotContain("OutOfMemoryError");
  }

  /** Clients up to the limit that request the largest file and read none of it. */
  private static void stalledReadersTakeNoMemory(String file) throws Exception {
    List<Socket> stalled = new ArrayList<>();
    try {
      for (int i = 0; i < PLACES; i++) {
        stalled.add(files.beginDownload(file));
      }
      for (Socket each : stalled) {
        assertThat(each.getInputStream().read()).isEqualTo('H');
      }
      // All places are taken, and the server still answers.
      String small = newId();
      assertThat(files.get(file).statusCode()).isEqualTo(503);
      assertThat(files.put(small, record, blob(1_000))).isEqualTo(201);
      assertThat(server.process().health()).hasValue(200);
    } finally {
      for (Socket each : stalled) {
        each.close();
      }
    }
  }

  @Test
  void anUploadOfAKilobyteASecondIsGivenUp() throws Exception {
    String file = UUID.randomUUID().toString();
    try (SlowUpload upload = SlowUpload.begin(files, file, record, 1_000_000);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<String> answer = thread.submit(upload::answer);
      for (int second = 0; second < 90 && !answer.isDone(); second++) {
        upload.send(1_000);
        Thread.sleep(1_000);
      }
      assertThat(answer.get(60, TimeUnit.SECONDS))
          .startsWith("HTTP/1.1 408 ")
          .contains("{\"error\":\"upload too slow\"}");
    }
    assertThat(files.get(file).statusCode()).isEqualTo(404);
    assertThat(files.put(file, record, blob(1_000))).isEqualTo(201);
  }

  @Test
  void anUploadThatFallsSilentIsGivenUp() throws Exception {
    String file = newId();
    try (SlowUpload upload = SlowUpload.begin(files, file, record, 1_000_000)) {
      upload.send(10_000);
      String answer = upload.answer();
      assertThat(answer)
          .satisfiesAnyOf(
              text -> assertThat(text).startsWith("HTTP/1.1 408 "),
              text -> assertThat(text).as("cut off").isEmpty());
    }
    assertThat(files.get(file).statusCode()).isEqualTo(404);
  }
}
