package dev.betterbase.sync.federation.calling;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** federation.md, Files: members on a server that keeps no files itself. */
@IntegrationTest
@Order(1)
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FilesElsewhereIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static Servers servers;

  @BeforeAll
  static void start() {
    servers = SharedServers.pair();
  }

  private static SharedSpace newSpace() {
    return servers.newSpace(HOME, AWAY);
  }

  static FileClient files(Member member) {
    return FileClient.of(member, member.ucan());
  }

  /** Pushes a new record. The very first call may find no connection to the home yet. */
  static String record(Member member) {
    try (WireClient client = member.connect()) {
      return await().until(() -> push(client, member), Optional::isPresent).orElseThrow();
    }
  }

  private static Optional<String> push(WireClient client, Member member) {
    String record = newId();
    var change = Requests.put(record, 0, blob(9), dek(1));
    return client
            .request("push", member.params("changes", List.of(change)))
            .ok()
            .get("ok")
            .asBoolean()
        ? Optional.of(record)
        : Optional.empty();
  }

  static String answer(HttpResponse<byte[]> response) {
    return response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
  }

  static String put(FileClient files, String file, String record, byte[] dek, byte[] body) {
    return answer(
        FileClient.send(files.putting(file, record, dek, BodyPublishers.ofByteArray(body))));
  }

  private static WireClient subscribed(Member member) {
    WireClient client = member.connect();
    assertThat(client.request("subscribe", member.spaces(0)).ok().get("spaces")).hasSize(1);
    return client;
  }

  static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @Test
  void fileIsPutAndReadThroughBothServersAndAllAreTold() {
    SharedSpace space = newSpace();
    Member writer = servers.invite(space, "write", AWAY);
    Member reader = servers.invite(space, "read", AWAY);
    String record = record(writer);
    String file = newId();
    byte[] bytes = blob(300_000);
    byte[] dek = dek(1);
    try (WireClient home = subscribed(space.admin());
        WireClient writing = subscribed(writer);
        WireClient otherDevice = subscribed(writer);
        WireClient reading = subscribed(reader)) {
      assertThat(put(files(writer), file, record, dek, bytes)).isEqualTo("201 ");
      for (WireClient told : List.of(home, writing, otherDevice, reading)) {
        JsonNode notice = told.expectNotification("file");
        assertThat(notice.get("space").asText()).isEqualTo(space.id());
        assertThat(notice.get("cursor").asLong()).isEqualTo(2);
        assertThat(notice.get("files").get(0).get("id").asText()).isEqualTo(file);
        assertThat(Requests.bytes(notice.get("files").get(0).get("dek"))).isEqualTo(dek);
      }
      assertThat(put(files(writer), file, record, dek(1), blob(10))).isEqualTo("204 ");
      assertThat(reading.pollNotification("file", Duration.ofMillis(300))).isEmpty();
    }
    for (FileClient each : List.of(files(reader), files(writer), files(space.admin()))) {
      HttpResponse<byte[]> got = each.get(file);
      assertThat(got.statusCode()).isEqualTo(200);
      assertThat(got.body()).isEqualTo(bytes);
      for (HttpResponse<byte[]> said : List.of(got, each.head(file))) {
        assertThat(said.statusCode()).isEqualTo(200);
        assertThat(header(said, "Content-Length")).isEqualTo("300000");
        assertThat(header(said, "Content-Type")).isEqualTo("application/octet-stream");
        assertThat(header(said, "ETag")).isEqualTo("\"" + file + "\"");
        assertThat(header(said, "Cache-Control")).isEqualTo("private, immutable");
        assertThat(header(said, "Accept-Ranges")).isEqualTo("bytes");
        assertThat(header(said, "X-Wrapped-DEK"))
            .isEqualTo(Base64.getEncoder().encodeToString(dek));
        assertThat(header(said, "X-Protocol-Version")).isEqualTo("1");
        assertThat(header(said, FileProtocol.HEADER)).isEmpty();
      }
      assertThat(each.head(file).body()).isEmpty();
    }
  }

  @Test
  void conditionsAndRangesAreTheHomesToRead() {
    SharedSpace space = newSpace();
    Member writer = servers.invite(space, "write", AWAY);
    FileClient files = files(writer);
    String file = newId();
    byte[] bytes = blob(1_000);
    String tag = "\"" + file + "\"";
    assertThat(put(files, file, record(writer), dek(1), bytes)).isEqualTo("201 ");

    HttpResponse<byte[]> part = files.get(file, "Range", "bytes=10-19");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(java.util.Arrays.copyOfRange(bytes, 10, 20));
    assertThat(header(part, "Content-Range")).isEqualTo("bytes 10-19/1000");
    assertThat(header(part, "Content-Length")).isEqualTo("10");
    assertThat(files.get(file, "Range", "bytes=10-19", "If-Range", tag).statusCode())
        .isEqualTo(206);
    assertThat(files.get(file, "Range", "bytes=10-19", "If-Range", "\"x\"").statusCode())
        .isEqualTo(200);
    HttpResponse<byte[]> outside = files.get(file, "Range", "bytes=1000-");
    assertThat(answer(outside)).isEqualTo("416 {\"error\":\"range not satisfiable\"}");
    assertThat(header(outside, "Content-Range")).isEqualTo("bytes */1000");
    for (HttpResponse<byte[]> same :
        List.of(files.get(file, "If-None-Match", tag), files.head(file, "If-None-Match", tag))) {
      assertThat(answer(same)).isEqualTo("304 ");
      assertThat(header(same, "ETag")).isEqualTo(tag);
      assertThat(header(same, "X-Wrapped-DEK")).isNotEmpty();
    }
    assertThat(files.head(file, "Range", "bytes=10-19").statusCode()).isEqualTo(200);
    String empty = newId();
    assertThat(put(files, empty, record(writer), dek(1), new byte[0])).isEqualTo("201 ");
    assertThat(answer(files.get(empty))).isEqualTo("200 ");
  }

  @Test
  void refusalsOfBothServersAreToldInTheSameWords() {
    SharedSpace space = newSpace();
    Member admin = servers.invite(space, "admin", AWAY);
    Member reader = servers.invite(space, "read", AWAY);
    Member goes = servers.invite(space, "write", AWAY);
    String record = record(admin);
    String file = newId();
    byte[] body = blob(100_000);

    assertThat(put(files(reader), file, record, dek(1), body))
        .isEqualTo("403 {\"error\":\"access denied\"}");
    assertThat(put(files(admin), file, newId(), dek(1), body))
        .isEqualTo("400 {\"error\":\"record not found in this space\"}");
    assertThat(answer(files(reader).get(file))).isEqualTo("404 {\"error\":\"file not found\"}");
    assertThat(files(reader).head(file).statusCode()).isEqualTo(404);
    assertThat(answer(FileClient.of(reader, null).get(file)))
        .isEqualTo("401 {\"error\":\"authorization required\"}");
    assertThat(
            answer(
                FileClient.send(files(admin).request(file).PUT(BodyPublishers.ofByteArray(body)))))
        .isEqualTo("400 {\"error\":\"X-Record-ID header required\"}");
    // A space of one's own stays here, where no files are kept.
    String own = admin.user().personalSpace();
    String token = files(admin).token();
    assertThat(answer(FileClient.of(servers.server(AWAY), token, own).get(file)))
        .isEqualTo("404 {\"error\":\"not found\"}");

    try (WireClient client = admin.connect()) {
      client.request("membership.revoke", admin.params("ucan_cid", goes.cid())).ok();
      assertThat(put(files(goes), file, record, dek(1), body))
          .isEqualTo("403 {\"error\":\"access denied\"}");
      assertThat(answer(files(goes).get(file))).isEqualTo("403 {\"error\":\"access denied\"}");
      client.request("epoch.begin", admin.params("epoch", 2, "set_min_key_generation", true)).ok();
    }
    assertThat(put(files(admin), file, record, dek(1), body))
        .isEqualTo("409 {\"error\":\"key generation stale\"}");
    assertThat(put(files(admin), file, record, dek(2), body)).isEqualTo("201 ");
  }

  @Test
  void deksAndRemovalGoToTheHomeAsWell() {
    SharedSpace space = newSpace();
    Member admin = servers.invite(space, "admin", AWAY);
    FileClient files = files(admin);
    String record = record(admin);
    String file = newId();
    assertThat(put(files, file, record, dek(1), blob(1_000))).isEqualTo("201 ");
    try (WireClient client = admin.connect()) {
      WireClient.Reply deks = client.request("deks.getFiles", admin.params());
      assertThat(deks.chunks()).hasSize(1);
      client.request("epoch.begin", admin.params("epoch", 2)).ok();
      byte[] rewrapped = dek(2);
      assertThat(
              client
                  .request(
                      "deks.rewrapFiles",
                      admin.params("deks", List.of(map("id", file, "dek", rewrapped))))
                  .ok()
                  .get("count")
                  .asInt())
          .isEqualTo(1);
      assertThat(header(files.head(file), "X-Wrapped-DEK"))
          .isEqualTo(Base64.getEncoder().encodeToString(rewrapped));
      WireClient.Reply pulled = client.request("pull", admin.spaces(0));
      assertThat(pulled.chunks())
          .extracting(chunk -> chunk.get("name").asText())
          .contains("pull.file");

      client.request("push", admin.params("changes", List.of(Requests.delete(record, 1)))).ok();
      assertThat(answer(files.get(file))).isEqualTo("404 {\"error\":\"file not found\"}");
      assertThat(put(files, file, record, dek(2), blob(10)))
          .isEqualTo("400 {\"error\":\"record not found in this space\"}");
    }
  }

  @Test
  void ofTwoUploadsOfOneIdOneIsTheFile() throws Exception {
    SharedSpace space = newSpace();
    Member writer = servers.invite(space, "write", AWAY);
    FileClient away = files(writer);
    FileClient home = files(space.admin());
    String record = record(writer);
    for (int round = 0; round < 5; round++) {
      String file = newId();
      byte[] bytes = blob(400_000);
      byte[] others = blob(400_000);
      byte[] dek = dek(1);
      byte[] othersDek = dek(1);
      try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
        Future<String> one = threads.submit(() -> put(away, file, record, dek, bytes));
        Future<String> two = threads.submit(() -> put(home, file, record, othersDek, others));
        assertThat(List.of(one.get(), two.get())).containsExactlyInAnyOrder("201 ", "204 ");
        boolean first = one.get().equals("201 ");
        HttpResponse<byte[]> got = away.get(file);
        assertThat(got.body()).isEqualTo(first ? bytes : others);
        assertThat(header(got, "X-Wrapped-DEK"))
            .isEqualTo(Base64.getEncoder().encodeToString(first ? dek : othersDek));
      }
    }
  }

  @Test
  void chainOf64KiBIsPassedOn() {
    SharedSpace space = newSpace();
    Member writer = servers.invite(space, "write", AWAY);
    String ucan =
        space
            .admin()
            .key()
            .ucan()
            .to(writer.key())
            .on(space.id())
            .allows("write")
            .claim("fct", "x".repeat(40_000))
            .under(space.admin().ucan())
            .sign();
    assertThat(ucan.length()).isBetween(50_000, 65_536);
    FileClient files = FileClient.of(writer, ucan);
    String file = newId();
    assertThat(put(files, file, record(writer), dek(1), blob(10))).isEqualTo("201 ");
    assertThat(files.get(file).statusCode()).isEqualTo(200);
  }
}
