package dev.betterbase.sync.federation.calling;

import static dev.betterbase.sync.federation.calling.FilesElsewhereIT.answer;
import static dev.betterbase.sync.federation.calling.FilesElsewhereIT.files;
import static dev.betterbase.sync.federation.calling.FilesElsewhereIT.header;
import static dev.betterbase.sync.federation.calling.FilesElsewhereIT.put;
import static dev.betterbase.sync.federation.calling.FilesElsewhereIT.record;
import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.file.SlowUpload;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * federation.md, Files: files that are larger than the heap of the server between the member and
 * the home, and breaks on either side of it. {@link BadFileHomeIT} has the breaks with a home that
 * the test plays.
 */
@IntegrationTest
@NightlyTest
@Order(1)
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FilesElsewhereFaultsIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;

  @Test
  void largestFilePassesThroughASmallHeap() throws IOException {
    try (Servers own =
        Servers.start(
            2,
            (index, builder) ->
                index == HOME
                    ? builder
                        .with("FILE_STORAGE_BACKEND", "local")
                        .with("FEDERATION_MAX_BYTES_PER_HOUR", "4000000000")
                    : builder.heap("144m").with("HTTP_THREADS", "32"))) {
      SharedSpace space = own.newSpace(HOME, AWAY);
      Member writer = own.invite(space, "write", AWAY);
      FileClient files = files(writer);
      String record = record(writer);
      String file = newId();
      Path large = Files.createTempFile("large", ".bin");
      Path back = Files.createTempFile("back", ".bin");
      try {
        Files.write(large, blob(100 << 20));
        assertThat(
                answer(
                    FileClient.send(
                        files.putting(file, record, dek(1), BodyPublishers.ofFile(large)))))
            .isEqualTo("201 ");
        HttpResponse<Path> got =
            FileClient.send(files.request(file).GET(), BodyHandlers.ofFile(back));
        assertThat(got.statusCode()).isEqualTo(200);
        assertThat(Files.mismatch(large, back)).isEqualTo(-1);
      } finally {
        Files.delete(large);
        Files.delete(back);
      }
      assertThat(own.server(AWAY).process().output()).doesNotContain("OutOfMemoryError");
    }
  }

  /** Temporary names in the storage of a server. */
  private static long uploads(TestServer server) throws IOException {
    Path folder = server.process().folder().resolve("data").resolve("files").resolve("uploads");
    try (Stream<Path> names = Files.list(folder)) {
      return names.count();
    }
  }

  @Test
  void breakOnEitherSideShowsOnTheOther() throws Exception {
    try (Servers own =
        Servers.start(
            2,
            (index, builder) ->
                index == HOME ? builder.with("FILE_STORAGE_BACKEND", "local") : builder)) {
      SharedSpace space = own.newSpace(HOME, AWAY);
      Member writer = own.invite(space, "write", AWAY);
      FileClient files = files(writer);
      String record = record(writer);
      String file = newId();
      assertThat(put(files, file, record, dek(1), blob(50 << 20))).isEqualTo("201 ");
      String broken = newId();
      try (SlowUpload upload = SlowUpload.begin(files, broken, record, 3_000_000)) {
        upload.send(1_000_000);
        await().until(() -> uploads(own.server(HOME)) == 1);
      }
      await().until(() -> uploads(own.server(HOME)) == 0);
      assertThat(files.get(broken).statusCode()).isEqualTo(404);

      try (SlowUpload upload = SlowUpload.begin(files, broken, record, 3_000_000);
          InputStream body =
              FileClient.send(files.request(file).GET(), BodyHandlers.ofInputStream()).body()) {
        upload.send(100_000);
        assertThat(body.readNBytes(1_000)).hasSize(1_000);
        own.server(HOME).process().kill();
        upload.send(2_900_000);
        assertThat(upload.answer())
            .startsWith("HTTP/1.1 503 ")
            .contains("{\"error\":\"home server unavailable\"}");
        assertThatThrownBy(() -> body.transferTo(OutputStream.nullOutputStream()))
            .isInstanceOf(IOException.class);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      for (HttpResponse<byte[]> away : List.of(files.get(file), files.get(broken))) {
        assertThat(answer(away)).isEqualTo("503 {\"error\":\"home server unavailable\"}");
        assertThat(header(away, "Retry-After")).isNotEmpty();
      }
      assertThat(put(files, broken, record, dek(1), blob(1_000_000)))
          .isEqualTo("503 {\"error\":\"home server unavailable\"}");
      own.server(HOME).process().start();
      assertThat(files.get(broken).statusCode()).isEqualTo(404);
      assertThat(put(files, broken, record, dek(1), blob(1_000))).isEqualTo("201 ");
      assertThat(files.get(file).body()).hasSize(50 << 20);
    }
  }
}
