package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests and responses of files, which are the same with every storage (http.md, Files). */
abstract class FilesContract extends FileFixture {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8_192, 65_537, 3_000_000})
  void bytesComeBackAsTheyWereSent(int length) {
    String file = newId();
    byte[] bytes = blob(length);
    byte[] dek = dek(1);
    assertThat(files.put(file, record, dek, bytes)).isEqualTo(201);
    HttpResponse<byte[]> got = files.get(file);
    assertThat(got.statusCode()).isEqualTo(200);
    assertThat(got.body()).isEqualTo(bytes);
    for (HttpResponse<byte[]> each : List.of(got, files.head(file))) {
      assertThat(each.statusCode()).isEqualTo(200);
      assertThat(each.headers().firstValue("Content-Length")).hasValue("" + length);
      assertThat(each.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
      assertThat(each.headers().firstValue("ETag")).hasValue("\"" + file + "\"");
      assertThat(each.headers().firstValue("Cache-Control")).hasValue("private, immutable");
      assertThat(each.headers().firstValue("Accept-Ranges")).hasValue("bytes");
      assertThat(each.headers().firstValue("X-Wrapped-DEK"))
          .hasValue(Base64.getEncoder().encodeToString(dek));
      assertThat(each.headers().firstValue("X-Protocol-Version")).hasValue("1");
    }
    assertThat(files.head(file).body()).isEmpty();
    assertThat(bytesOf(file)).hasSize(length);
  }

  @Test
  void theLargestFileComesBackAsItWasSent() throws IOException {
    String file = newId();
    Path large = Files.createTempFile("file", ".bin");
    try {
      Files.write(large, blob(100 << 20));
      assertThat(
              FileClient.send(files.putting(file, record, dek(1), BodyPublishers.ofFile(large)))
                  .statusCode())
          .isEqualTo(201);
      HttpResponse<InputStream> got =
          FileClient.send(files.request(file).GET(), BodyHandlers.ofInputStream());
      Path back = Files.createTempFile("file", ".bin");
      try (InputStream in = got.body()) {
        Files.copy(in, back, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThat(Files.mismatch(large, back)).isEqualTo(-1);
      } finally {
        Files.delete(back);
      }
    } finally {
      Files.delete(large);
    }
  }

  @Test
  void theFirstFailedCheckAnswers() {
    String file = newId();
    byte[] body = blob(10);
    String noFiles = user.token();
    var stranger = server().newUser();
    // In this order, the scope, the ids and the space are checked.
    FileClient bad = FileClient.of(server(), noFiles, "x");
    assertThat(error(bad.get("y"))).isEqualTo(error(403, "files scope required"));
    bad = FileClient.of(server(), tokenFor(user), "x");
    assertThat(error(bad.get("y"))).isEqualTo(error(400, "invalid space ID"));
    bad = FileClient.of(server(), tokenFor(user), stranger.personalSpace());
    assertThat(error(bad.get("y"))).isEqualTo(error(400, "invalid file ID"));
    assertThat(error(bad.get(file))).isEqualTo(error(404, "file not found"));
    assertThat(bad.head(file).statusCode()).isEqualTo(404);
    assertThat(error(FileClient.send(bad.request(file).PUT(BodyPublishers.ofByteArray(body)))))
        .isEqualTo(error(404, "space not found"));
    assertThat(error(files.get(file))).isEqualTo(error(404, "file not found"));
    // The headers of a PUT.
    var put = files.request(file).PUT(BodyPublishers.ofByteArray(body));
    assertThat(error(FileClient.send(put))).isEqualTo(error(400, "X-Record-ID header required"));
    put.header("X-Record-ID", record.replace("-", ""));
    assertThat(error(FileClient.send(put)))
        .isEqualTo(error(400, "X-Record-ID must be a valid UUID"));
    put.setHeader("X-Record-ID", record);
    assertThat(error(FileClient.send(put))).isEqualTo(error(400, "X-Wrapped-DEK header required"));
    put.setHeader("X-Wrapped-DEK", "?");
    assertThat(error(FileClient.send(put)))
        .isEqualTo(error(400, "X-Wrapped-DEK must be valid base64"));
    put.setHeader("X-Wrapped-DEK", Base64.getEncoder().encodeToString(new byte[43]));
    assertThat(error(FileClient.send(put)))
        .isEqualTo(error(400, "X-Wrapped-DEK must decode to exactly 44 bytes"));
    put.setHeader("X-Wrapped-DEK", Base64.getEncoder().encodeToString(dek(1)));
    put.PUT(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)));
    assertThat(error(FileClient.send(put))).isEqualTo(error(411, "Content-Length required"));
    put.setHeader("X-Record-ID", newId()).PUT(BodyPublishers.ofByteArray(body));
    assertThat(error(FileClient.send(put))).isEqualTo(error(400, "record not found in this space"));
    assertThat(files.get(file).statusCode()).isEqualTo(404);
  }

  /** The server answers although it never receives the body. */
  @Test
  void moreThanAHundredMebibytesAreRefusedByTheirLength() {
    assertThat(raw(newId(), "104857601", "", false))
        .startsWith("HTTP/1.1 413 ")
        .endsWith("{\"error\":\"file exceeds 100 MB limit\"}");
    assertThat(raw(newId(), "99999999999999999999", "", false)).startsWith("HTTP/1.1 4");
    assertThat(raw(newId(), "ten", "0123456789", false)).startsWith("HTTP/1.1 400 ");
  }

  /** Sends a PUT whose body has another length than its header says, and reads the answer. */
  private String raw(String file, String length, String body, boolean end) {
    String head =
        String.join(
            "\r\n",
            "PUT /api/v1/spaces/" + space + "/files/" + file + " HTTP/1.1",
            "Host: localhost",
            "Connection: close",
            "Authorization: Bearer " + files.token(),
            "X-Record-ID: " + record,
            "X-Wrapped-DEK: " + Base64.getEncoder().encodeToString(dek(1)),
            "Content-Length: " + length,
            "",
            body);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server().process().port())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      if (end) {
        socket.shutdownOutput();
      }
      return answer(socket.getInputStream());
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void aBodyThatIsShorterThanItSaysIsNoFile() {
    String file = newId();
    String answer = raw(file, "100", "0123456789", true);
    // A server may reset a half-closed connection. Then there is no answer.
    if (answer.startsWith("HTTP/1.1 ")) {
      assertThat(answer)
          .startsWith("HTTP/1.1 400 ")
          .endsWith("{\"error\":\"Content-Length does not match request body length\"}");
    }
    assertThat(files.get(file).statusCode()).isEqualTo(404);
    assertThat(files.put(file, record, blob(10))).isEqualTo(201);
  }

  @Test
  void noSpellingOfAnIdLeadsOutOfItsFolder() throws IOException {
    List<String> tricks =
        List.of(
            "..",
            "../../x",
            "..%2f..%2f..%2fetc%2fpasswd",
            "%2e%2e%2f%2e%2e",
            "....//",
            newId() + "%00",
            newId() + "%2f..",
            newId() + ";x",
            "{" + newId() + "}",
            newId().substring(1),
            "%5c..%5c");
    for (String trick : tricks) {
      for (String path :
          List.of(
              "/api/v1/spaces/" + space + "/files/" + trick,
              "/api/v1/spaces/" + trick + "/files/" + newId())) {
        String answer = rawPath(path);
        assertThat(answer).as(path).doesNotStartWith("HTTP/1.1 2");
      }
    }
    // The S3 server of the tests adds an id to the name of a file while it is being written.
    try (Stream<Path> all = Files.walk(stored())) {
      assertThat(all.filter(Files::isRegularFile).map(stored()::relativize))
          .allMatch(
              file ->
                  file.toString().matches("spaces/[0-9a-f-]{36}/files/[0-9a-f-]{36,73}")
                      || file.startsWith("uploads"));
    }
  }

  /** Reads to the end of the JSON or of the connection, because the server may keep it open. */
  private static String answer(InputStream in) throws IOException {
    StringBuilder answer = new StringBuilder();
    for (int next; (next = in.read()) >= 0; ) {
      answer.append((char) next);
      if (next == '}' && answer.indexOf("\r\n\r\n") >= 0) {
        break;
      }
    }
    return answer.toString();
  }

  private String rawPath(String path) {
    String head =
        String.join(
            "\r\n",
            "PUT " + path.replace("{", "%7B").replace("}", "%7D") + " HTTP/1.1",
            "Host: localhost",
            "Connection: close",
            "Authorization: Bearer " + files.token(),
            "X-Record-ID: " + newId(),
            "X-Wrapped-DEK: " + Base64.getEncoder().encodeToString(dek(1)),
            "Content-Length: 4",
            "",
            "evil");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server().process().port())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      return answer(socket.getInputStream());
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void partsOfAFile() {
    String file = newId();
    byte[] bytes = blob(1_000);
    files.put(file, record, bytes);
    assertPart(file, bytes, "bytes=0-0", 0, 0);
    assertPart(file, bytes, "bytes=10-19", 10, 19);
    assertPart(file, bytes, "bytes=990-", 990, 999);
    assertPart(file, bytes, "bytes=-5", 995, 999);
    assertPart(file, bytes, "bytes=-5000", 0, 999);
    assertPart(file, bytes, "bytes=500-99999999999999999999", 500, 999);
    for (String whole : List.of("bytes=0-1,5-6", "lines=1-2", "bytes=9-3", "bytes=x", "bytes=-")) {
      HttpResponse<byte[]> got = files.get(file, "Range", whole);
      assertThat(got.statusCode()).as(whole).isEqualTo(200);
      assertThat(got.body()).isEqualTo(bytes);
    }
    for (String outside : List.of("bytes=1000-", "bytes=1000-1001", "bytes=-0")) {
      HttpResponse<byte[]> got = files.get(file, "Range", outside);
      assertThat(error(got)).as(outside).isEqualTo(error(416, "range not satisfiable"));
      assertThat(got.headers().firstValue("Content-Range")).hasValue("bytes */1000");
    }
    assertThat(files.head(file, "Range", "bytes=0-9").statusCode()).isEqualTo(200);
  }

  private void assertPart(String file, byte[] bytes, String range, int first, int last) {
    HttpResponse<byte[]> got = files.get(file, "Range", range);
    assertThat(got.statusCode()).as(range).isEqualTo(206);
    assertThat(got.headers().firstValue("Content-Range"))
        .hasValue("bytes " + first + "-" + last + "/" + bytes.length);
    assertThat(got.headers().firstValue("Content-Length")).hasValue("" + (last - first + 1));
    assertThat(got.body()).isEqualTo(Arrays.copyOfRange(bytes, first, last + 1));
  }

  @Test
  void aClientThatHasTheFileGetsItsDekOnly() {
    String file = newId();
    String tag = "\"" + file + "\"";
    byte[] dek = dek(1);
    files.put(file, record, dek, blob(100));
    for (String known : List.of(tag, "W/" + tag, "*", "\"other\", " + tag)) {
      for (HttpResponse<byte[]> each :
          List.of(
              files.get(file, "If-None-Match", known), files.head(file, "If-None-Match", known))) {
        assertThat(each.statusCode()).as(known).isEqualTo(304);
        assertThat(each.body()).isEmpty();
        assertThat(each.headers().firstValue("ETag")).hasValue(tag);
        assertThat(each.headers().firstValue("X-Wrapped-DEK"))
            .hasValue(Base64.getEncoder().encodeToString(dek));
      }
    }
    assertThat(files.get(file, "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
    assertThat(files.get(file, "Range", "bytes=0-4", "If-Range", tag).statusCode()).isEqualTo(206);
    assertThat(files.get(file, "Range", "bytes=0-4", "If-Range", "\"other\"").statusCode())
        .isEqualTo(200);
    assertThat(
            files
                .get(file, "Range", "bytes=0-4", "If-Range", "Wed, 25 Nov 2026 00:00:00 GMT")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void aFileStaysAsItIs() {
    String file = newId();
    byte[] bytes = blob(500);
    byte[] dek = dek(1);
    assertThat(files.put(file, record, dek, bytes)).isEqualTo(201);
    assertThat(files.put(file, record, dek(2), blob(3_000_000))).isEqualTo(204);
    HttpResponse<byte[]> got = files.get(file.toUpperCase(Locale.ROOT));
    assertThat(got.body()).isEqualTo(bytes);
    assertThat(got.headers().firstValue("X-Wrapped-DEK"))
        .hasValue(Base64.getEncoder().encodeToString(dek));
  }

  @Test
  void ofManyUploadsOfOneIdExactlyOneIsTheFile() throws Exception {
    for (int round = 0; round < 5; round++) {
      String file = newId();
      List<byte[]> bodies = new ArrayList<>();
      List<byte[]> deks = new ArrayList<>();
      List<Future<Integer>> running = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
        for (int i = 0; i < 6; i++) {
          byte[] body = blob(100_000 + i);
          byte[] dek = dek(i);
          bodies.add(body);
          deks.add(dek);
          running.add(threads.submit(() -> files.put(file, record, dek, body)));
        }
      }
      int created = -1;
      for (int i = 0; i < 6; i++) {
        int status = running.get(i).get(60, TimeUnit.SECONDS);
        assertThat(status).isIn(201, 204);
        if (status == 201) {
          assertThat(created).as("only one").isEqualTo(-1);
          created = i;
        }
      }
      HttpResponse<byte[]> got = files.get(file);
      assertThat(got.body()).isEqualTo(bodies.get(created));
      assertThat(got.headers().firstValue("X-Wrapped-DEK"))
          .hasValue(Base64.getEncoder().encodeToString(deks.get(created)));
    }
  }
}
