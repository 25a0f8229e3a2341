package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** federation.md, Keys: the command, the key that a server makes by itself, and the key set. */
@IntegrationTest
class FederationKeygenIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Outcome(int exitCode, String output) {
    Map<String, String> values() {
      Map<String, String> values = new TreeMap<>();
      output
          .lines()
          .filter(line -> !line.contains("dev.betterbase.sync.security: admin act: signing key "))
          .forEach(line -> values.put(line.split("=", 2)[0], line.split("=", 2)[1]));
      return values;
    }
  }

  private static Outcome run(String database, String... options) {
    List<String> arguments = new ArrayList<>(List.of("federation-keygen"));
    arguments.addAll(List.of(options));
    try (ServerProcess process =
        ServerProcess.builder()
            .arguments(arguments.toArray(String[]::new))
            .name("keygen")
            .with("DATABASE_URL", database)
            .launch()) {
      return new Outcome(process.awaitExit(Duration.ofMinutes(2)), process.output());
    }
  }

  private static List<String> keySet(ServerProcess server) throws IOException {
    HttpResponse<String> answer = server.get("/.well-known/jwks.json");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Cache-Control"))
        .contains("public, max-age=3600, stale-while-revalidate=86400");
    List<String> kids = new ArrayList<>();
    for (JsonNode key : JSON.readTree(answer.body()).get("keys")) {
      assertThat(key.get("kty").asText()).isEqualTo("OKP");
      assertThat(key.get("alg").asText()).isEqualTo("EdDSA");
      assertThat(key.get("use").asText()).isEqualTo("federation");
      assertThat(key.get("crv").asText()).isEqualTo("Ed25519");
      assertThat(key.get("x").asText()).hasSize(43);
      kids.add(key.get("kid").asText());
    }
    return kids;
  }

  /** The only test that changes the keys of the shared server. */
  @Test
  @Timeout(600)
  void keyThatIsMadeBesideARunningServerIsInItsKeySetWithinSeconds() throws IOException {
    String database = SharedServers.peeredDatabase().url();
    ServerProcess server = SharedServers.peered().process();
    List<String> made = keySet(server);
    assertThat(made).hasSize(1);
    assertThat(made.getFirst())
        .matches("https://sync\\.example\\.com/\\.well-known/jwks\\.json#fed-[0-9]{10}");

    Outcome keygen = run(database, "--domain", "sync.example.com", "--kid", "two");

    String id = "https://sync.example.com/.well-known/jwks.json#two";
    assertThat(keygen.exitCode()).isZero();
    assertThat(keygen.values())
        .containsOnlyKeys("key_id", "public_key_base64url", "trusted_keys_entry")
        .containsEntry("key_id", id)
        .containsEntry(
            "trusted_keys_entry", id + "=" + keygen.values().get("public_key_base64url"));
    Awaitility.await()
        .untilAsserted(() -> assertThat(keySet(server)).containsExactly(made.getFirst(), id));

    assertThat(run(database, "--deactivate", made.getFirst()).exitCode()).isZero();
    Awaitility.await().untilAsserted(() -> assertThat(keySet(server)).containsExactly(id));
  }
}
