package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.WireClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The life of files beside others, and uploads that fail (http.md, Files). */
abstract class FileLifeContract extends FilesContract {
  @Test
  void everySubscriberIsNotifiedOfAFileAndPullsIt() {
    String file = newId();
    byte[] dek = dek(1);
    String other = "urn:uuid:" + space.toUpperCase(Locale.ROOT);
    try (WireClient second = server().connect(user.withOwnMailbox())) {
      client.request("subscribe", subscribe(space, 0)).ok();
      second.request("subscribe", subscribe(other, 0)).ok();
      assertThat(files.put(file, record, dek, blob(70))).isEqualTo(201);
      assertFileNotice(client.expectNotification("file"), space, file, dek);
      assertFileNotice(second.expectNotification("file"), other, file, dek);
    }
    List<JsonNode> chunks = client.request("pull", pull(space, 0)).chunks();
    JsonNode pulled = chunks.get(2);
    assertThat(pulled.path("name").asText()).isEqualTo("pull.file");
    assertThat(pulled.path("data").path("id").asText()).isEqualTo(file);
    assertThat(pulled.path("data").path("record_id").asText()).isEqualTo(record);
    assertThat(pulled.path("data").path("size").asLong()).isEqualTo(70);
    assertThat(pulled.path("data").path("cursor").asLong()).isEqualTo(2);
    assertThat(pulled.path("data").path("dek")).isEqualTo(BinaryNode.valueOf(dek));
    JsonNode deks = client.request("deks.getFiles", map("space", space)).ok();
    assertThat(deks.path("deks").path(0).path("id").asText()).isEqualTo(file);
    assertThat(deks.path("deks").path(0).path("dek")).isEqualTo(BinaryNode.valueOf(dek));
  }

  private void assertFileNotice(JsonNode params, String spelling, String file, byte[] dek) {
    assertThat(params.path("space").asText()).isEqualTo(spelling);
    assertThat(params.path("cursor").asLong()).isEqualTo(2);
    JsonNode told = params.path("files").path(0);
    assertThat(told.path("id").asText()).isEqualTo(file);
    assertThat(told.path("record_id").asText()).isEqualTo(record);
    assertThat(told.path("size").asLong()).isEqualTo(70);
    assertThat(told.path("dek")).isEqualTo(BinaryNode.valueOf(dek));
    assertThat(told.has("deleted")).isFalse();
  }

  @Test
  void aDownloadCarriesTheRewrappedDek() {
    String file = newId();
    files.put(file, record, dek(1), blob(7));
    byte[] fresh = dek(1);
    client
        .request(
            "deks.rewrapFiles", map("space", space, "deks", List.of(map("id", file, "dek", fresh))))
        .ok();
    HttpResponse<byte[]> known = files.get(file, "If-None-Match", "\"" + file + "\"");
    assertThat(known.statusCode()).isEqualTo(304);
    assertThat(known.headers().firstValue("X-Wrapped-DEK"))
        .hasValue(Base64.getEncoder().encodeToString(fresh));
  }

  @Test
  void deletingTheRecordDeletesItsFilesAndFreesTheirBytes() {
    String gone = newId();
    String kept = newId();
    String other = newId();
    client.request("push", push(space, put(other, 0, blob(1), dek(1)))).ok();
    files.put(gone, record, blob(2_000_000));
    files.put(kept, other, blob(10));
    assertThat(bytesOf(gone)).hasSize(2_000_000);

    client.request("push", push(space, delete(record, 1))).ok();

    assertThat(error(files.get(gone))).isEqualTo(error(404, "file not found"));
    assertThat(files.head(gone).statusCode()).isEqualTo(404);
    await().until(() -> !Files.exists(bytesOf(gone)));
    assertThat(files.get(kept).body()).hasSize(10);
    List<JsonNode> chunks = client.request("pull", pull(space, 4)).chunks();
    assertThat(chunks)
        .filteredOn(chunk -> chunk.path("name").asText().equals("pull.file"))
        .singleElement()
        .satisfies(
            chunk -> {
              assertThat(chunk.path("data").path("id").asText()).isEqualTo(gone);
              assertThat(chunk.path("data").path("deleted").asBoolean()).isTrue();
              assertThat(chunk.path("data").path("cursor").asLong()).isEqualTo(5);
            });
    // A deleted id is never used again, not even for a record that exists.
    var put = files.putting(gone, other, dek(1), BodyPublishers.ofByteArray(blob(3)));
    assertThat(error(FileClient.send(put))).isEqualTo(error(400, "record not found in this space"));
  }

  @Test
  void inASharedSpaceTheChainDecides() {
    SharedSpace shared = SharedSpace.create(server());
    SharedSpace.Member admin = shared.admin();
    SharedSpace.Member writer = shared.invite("write");
    SharedSpace.Member reader = shared.invite("read");
    String file = newId();
    try (WireClient member = writer.connect();
        WireClient owner = admin.connect()) {
      requirePushed(
          member.request(
              "push", writer.params("changes", List.of(put(record, 0, blob(3), dek(1))))));
      FileClient writing = FileClient.of(writer, writer.ucan());
      FileClient reading = FileClient.of(reader, reader.ucan());
      FileClient bare = FileClient.of(writer, null);
      FileClient borrowed = FileClient.of(reader, writer.ucan());
      FileClient undid = new FileClient(files.port(), files.token(), writer.ucan(), shared.id());

      assertThat(writing.put(file, record, blob(9))).isEqualTo(201);
      assertThat(reading.get(file).body()).hasSize(9);
      assertThat(reading.put(newId(), record, blob(9))).isEqualTo(403);
      assertThat(error(borrowed.get(file))).isEqualTo(error(403, "access denied"));
      assertThat(error(bare.get(file))).isEqualTo(error(401, "authorization required"));
      assertThat(error(undid.get(file))).isEqualTo(error(401, "authorization required"));
      assertThat(writing.put(newId(), record, dek(0), blob(9))).isEqualTo(409);

      owner
          .request(
              "membership.revoke",
              map("space", shared.id(), "ucan", admin.ucan(), "ucan_cid", reader.cid()))
          .ok();
      assertThat(error(reading.get(file))).isEqualTo(error(403, "access denied"));
      assertThat(writing.get(file).statusCode()).isEqualTo(200);
    }
  }

  /** The chain is valid at the start of the upload, but no longer at its end. */
  @Test
  void aRevocationDuringAnUploadRefusesTheFile() throws Exception {
    SharedSpace shared = SharedSpace.create(server());
    SharedSpace.Member admin = shared.admin();
    SharedSpace.Member writer = shared.invite("write");
    FileClient writing = FileClient.of(writer, writer.ucan());
    String file = newId();
    try (WireClient owner = admin.connect()) {
      requirePushed(
          owner.request("push", admin.params("changes", List.of(put(record, 0, blob(3), dek(1))))));
      try (SlowUpload upload = SlowUpload.begin(writing, file, record, 100_000)) {
        upload.send(50_000);
        owner.request("membership.revoke", admin.params("ucan_cid", writer.cid())).ok();
        upload.send(50_000);
        assertThat(upload.answer()).startsWith("HTTP/1.1 403 ").contains("access denied");
      }
      FileClient reading = FileClient.of(admin, admin.ucan());
      assertThat(reading.get(file).statusCode()).isEqualTo(404);
      Path bytes = stored().resolve("spaces").resolve(shared.id()).resolve("files").resolve(file);
      await().until(() -> !Files.exists(bytes));
    }
  }

  @Test
  void aRecordThatIsDeletedDuringAnUploadTakesTheFileWithIt() throws Exception {
    String file = newId();
    try (SlowUpload upload = SlowUpload.begin(files, file, record, 100_000)) {
      upload.send(50_000);
      client.request("push", push(space, delete(record, 1))).ok();
      upload.send(50_000);
      assertThat(upload.answer())
          .startsWith("HTTP/1.1 400 ")
          .contains("record not found in this space");
    }
    assertThat(files.get(file).statusCode()).isEqualTo(404);
    await().until(() -> !Files.exists(bytesOf(file)));
  }

  @Test
  void uploadsThatBreakOffLeaveNothingAndMayBeRepeated() throws Exception {
    List<String> ids = Stream.generate(() -> UUID.randomUUID().toString()).limit(50).toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(10)) {
      List<Future<?>> running = new ArrayList<>();
      for (String file : ids) {
        running.add(
            threads.submit(
                () -> {
                  try (SlowUpload upload = SlowUpload.begin(files, file, record, 1_000_000)) {
                    upload.send(100_000 + file.hashCode() % 100_000);
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get(60, TimeUnit.SECONDS);
      }
    }
    for (String file : ids) {
      assertThat(files.get(file).statusCode()).isEqualTo(404);
      assertThat(bytesOf(file)).doesNotExist();
    }
    assertThat(client.request("pull", pull(space, 0)).chunks()).hasSize(3);
    for (String file : ids.subList(0, 10)) {
      assertThat(files.put(file, record, blob(1_000))).isEqualTo(201);
      assertThat(files.get(file).body()).hasSize(1_000);
    }
  }
}
