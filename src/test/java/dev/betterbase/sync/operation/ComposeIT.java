package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ReverseProxy;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The services of compose.yaml without containers: a PostgreSQL with the user and the database of
 * the file, the server with its environment and the documented secrets, and Caddy in front of it
 * with TLS. What differs are the addresses: all is on loopback.
 */
@IntegrationTest
@Timeout(300)
class ComposeIT {
  private static final byte[] BYTES = {1, 2, 3};

  @Test
  void theServicesWorkTogetherOverTlsAndAfterARestart(@TempDir Path folder) throws Exception {
    ComposeSecrets.makeIn(folder);
    JsonNode compose = new YAMLMapper().readTree(Path.of("compose.yaml").toFile());
    try (TestIssuer issuer = TestIssuer.start();
        TestPostgres postgres = TestPostgres.start()) {
      asTheImageDoes(postgres, compose.at("/services/postgres/environment"), folder);
      ServerProcess.Builder builder = ServerProcess.builder().name("compose").hosts("postgres");
      for (Map.Entry<String, JsonNode> each :
          compose.at("/services/server/environment").properties()) {
        builder.with(each.getKey(), value(each.getValue().asText(), issuer, folder));
      }
      try (ServerProcess server = builder.start();
          ReverseProxy caddy = ReverseProxy.caddy(server.port())) {
        assertThat(healthCheck(server)).isZero();
        assertThat(server.output().lines())
            .allSatisfy(line -> assertThat(new JsonMapper().readTree(line).isObject()).isTrue());
        TestUser user = TestUser.unknown(issuer);
        String record = newId();
        try (WireClient client =
            WireClient.openEncrypted(caddy.encryptedPort()).authenticate(user.token())) {
          client.request("push", push(user.personalSpace(), put(record, 0, BYTES))).ok();
        }
        String token = issuer.token().of(user).claim("scope", "sync files").sign();
        var files = new FileClient(caddy.port(), token, null, user.personalSpace());
        String file = newId();
        assertThat(files.put(file, record, BYTES)).isEqualTo(201);
        String metrics = Files.readString(folder.resolve("secrets/metrics-token")).strip();
        assertThat(
                server
                    .send(
                        HttpRequest.newBuilder(server.uri("/metrics"))
                            .header("Authorization", "Bearer " + metrics))
                    .statusCode())
            .isEqualTo(200);

        assertThat(server.stop()).isEqualTo(143);
        assertThat(healthCheck(server)).isEqualTo(1);
        server.start();
        try (WireClient client =
            WireClient.openEncrypted(caddy.encryptedPort()).authenticate(user.token())) {
          assertThat(client.request("pull", pull(user.personalSpace(), 0)).chunks())
              .extracting(chunk -> chunk.at("/data/id").asText())
              .contains(record, file);
        }
        assertThat(files.get(file).body()).isEqualTo(BYTES);
      }
    }
  }

  /** What the image of PostgreSQL makes of its environment at its first start. */
  private static void asTheImageDoes(TestPostgres postgres, JsonNode environment, Path folder)
      throws Exception {
    String user = environment.path("POSTGRES_USER").asText();
    String password = Files.readString(folder.resolve("secrets/postgres-password")).strip();
    assertThat(environment.path("POSTGRES_PASSWORD_FILE").asText())
        .isEqualTo("/run/secrets/postgres-password");
    try (Connection connection = new TestPostgres.Database(postgres.port(), "postgres").connect();
        Statement statement = connection.createStatement()) {
      statement.execute("create role %s superuser login password '%s'".formatted(user, password));
      statement.execute(
          "create database %s owner %s".formatted(environment.path("POSTGRES_DB").asText(), user));
    }
    Path url = folder.resolve("secrets/database-url");
    String without = Files.readString(url);
    assertThat(without).contains("@postgres/");
    Files.writeString(url, without.replace("@postgres/", "@postgres:" + postgres.port() + "/"));
  }

  private static String value(String given, TestIssuer issuer, Path folder) {
    return switch (given) {
      case "172.30.53.2" -> "127.0.0.1";
      case String variable when variable.startsWith("${TRUSTED_ISSUERS:?") -> issuer.url();
      case String secret when secret.startsWith("/run/secrets/") ->
          folder.resolve("secrets").resolve(secret.substring("/run/secrets/".length())).toString();
      default -> given;
    };
  }

  private static int healthCheck(ServerProcess server) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("server-config/docker/healthcheck");
    builder.environment().put("LISTEN_ADDR", "0.0.0.0:" + server.port());
    Process process = builder.redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
