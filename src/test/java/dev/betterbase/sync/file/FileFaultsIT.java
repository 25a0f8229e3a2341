package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.S3Server;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults of the storage, of the disk and of the server process (http.md, Files). */
@IntegrationTest
@NightlyTest
@Order(1)
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileFaultsIT {
  private static final int SIZE = 2_000_000;

  private static String answer(FileClient files, String file, String record, byte[] bytes) {
    var response =
        FileClient.send(files.putting(file, record, dek(1), BodyPublishers.ofByteArray(bytes)));
    return response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
  }

  @Test
  void withoutItsBucketTheServerSaysSoAndGoesOnAfterwards() {
    try (S3Server s3 = S3Server.start();
        TestServer server =
            TestServer.start(
                options -> {
                  s3.environment().forEach(options::with);
                  return options.name("files-s3-gone").with("HTTP_THREADS", "12");
                })) {
      String record = newId();
      FileClient files = AcknowledgedUploads.client(server, record);
      String before = newId();
      String during = newId();
      byte[] bytes = blob(SIZE);
      assertThat(files.put(before, record, bytes)).isEqualTo(201);
      s3.down();
      assertThat(answer(files, during, record, bytes))
          .isEqualTo("503 {\"error\":\"file storage unavailable\"}");
      assertThat(files.get(before).statusCode()).isEqualTo(503);
      assertThat(files.get(during).statusCode()).isEqualTo(404);
      assertThat(files.head(before).statusCode()).as("the row is there").isEqualTo(200);
      assertThat(server.process().health()).hasValue(200);
      s3.up();
      assertThat(answer(files, during, record, bytes)).startsWith("201");
      assertThat(files.get(during).body()).isEqualTo(bytes);
      assertThat(files.get(before).body()).isEqualTo(bytes);
      String space = files.space();
      assertThat(server.process().output())
          .doesNotContain(s3.settings().secretKey().value())
          .contains(
              "{method=PUT, space=" + space + ", file=" + during + "}",
              "{method=GET, space=" + space + ", file=" + before + "}");
    }
  }

  /** Mounts a file system of 8 MiB, which the machine must allow. */
  @Test
  void onAFullDiskAFileIsRefusedWholeAndASmallerOneFits() throws Exception {
    Path disk = Files.createTempDirectory("small-disk");
    assumeThat(run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString())).isZero();
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("files-full-disk")
                    .with("FILE_STORAGE_BACKEND", "local")
                    .with("FILE_STORAGE_PATH", disk.resolve("files").toString()))) {
      String record = newId();
      FileClient files = AcknowledgedUploads.client(server, record);
      String file = newId();
      for (int i = 0; i < 3; i++) {
        assertThat(answer(files, file, record, blob(20_000_000)))
            .isEqualTo("503 {\"error\":\"file storage unavailable\"}");
      }
      assertThat(server.metrics()).contains("betterbase_disk_refusals_total{what=\"upload\"} 3.0");
      assertThat(files.get(file).statusCode()).isEqualTo(404);
      byte[] smaller = blob(6_000_000);
      assertThat(answer(files, file, record, smaller)).startsWith("201");
      assertThat(files.get(file).body()).isEqualTo(smaller);
    } finally {
      run("umount", disk.toString());
      Files.delete(disk);
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  @Test
  void aCrashLeavesWhatWasAnsweredAndNothingElse() throws Exception {
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("files-crash")
                    .embeddedDatabase()
                    .with("FILE_STORAGE_BACKEND", "local"))) {
      AcknowledgedUploads uploads = AcknowledgedUploads.start(server, 4);
      for (int round = 0; round < 2; round++) {
        if (round > 0) {
          uploads.resume();
        }
        uploads.awaitAnswers(12);
        server.process().kill();
        uploads.awaitEnd();
        server.process().start();
        uploads.assertNothingLost();
      }
      await().untilAsserted(() -> assertThat(stored(server)).hasSize(uploads.sent()));
    }
  }

  /** As where its disk is not mounted, or an operator has moved to another one. */
  @Test
  void aServerThatStartsWithoutItsFilesWarnsAndTakesNewOnes() throws Exception {
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("files-not-there")
                    .embeddedDatabase()
                    .with("FILE_STORAGE_BACKEND", "local"))) {
      String record = newId();
      FileClient files = AcknowledgedUploads.client(server, record);
      assertThat(files.put(newId(), record, blob(100))).isEqualTo(201);
      assertThat(server.process().output()).doesNotContain("is its disk mounted?");
      assertThat(server.process().stop()).isIn(0, 143);
      Path folder = server.process().folder().resolve("data").resolve("files");
      Files.move(folder, folder.resolveSibling("elsewhere"));
      server.process().start();
      String later = newId();
      assertThat(files.put(later, record, blob(100))).isEqualTo(201);
      assertThat(files.get(later).statusCode()).isEqualTo(200);
      assertThat(server.process().output()).contains("is its disk mounted?");
    }
  }

  private static List<Path> stored(TestServer server) throws IOException {
    Path spaces = server.process().folder().resolve("data").resolve("files").resolve("spaces");
    try (Stream<Path> all = Files.walk(spaces)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
