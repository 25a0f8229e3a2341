package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A client with a record in a personal space, on a server with a file storage. */
abstract class FileFixture {
  TestUser user;
  String space;
  String record;
  FileClient files;
  WireClient client;

  abstract TestServer server();

  /** The folder in which the storage keeps files, under the paths of http.md. */
  abstract Path stored();

  @BeforeEach
  void somebodyWithARecord() {
    user = server().newUser();
    space = user.personalSpace();
    record = newId();
    files = FileClient.of(server(), tokenFor(user), space);
    client = server().connect(user.withOwnMailbox());
    client.request("push", push(space, put(record, 0, blob(10), dek(1)))).ok();
  }

  @AfterEach
  void leave() {
    client.close();
  }

  static String tokenFor(TestUser user) {
    return user.issuer().token().of(user).claim("scope", "sync files").sign();
  }

  static String error(HttpResponse<byte[]> response) {
    return response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
  }

  static String error(int status, String message) {
    return status + " {\"error\":\"" + message + "\"}";
  }

  final Path bytesOf(String file) {
    return stored().resolve("spaces").resolve(space).resolve("files").resolve(file);
  }

  static void requirePushed(WireClient.Reply reply) {
    assertThat(reply.ok().path("ok").asBoolean()).isTrue();
  }
}
