package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.StandbyPair;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Pulls through the datasource {@code jdbc/betterbase-sync-replicas} of an application server
 * (docs/scaling.md, Read replicas). It needs the programs of a distribution, such as Debian's
 * postgresql-15.
 */
@ExtrasTest
class ReplicaPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int RECORDS = 64;

  /** Only the replica counts its own reads. */
  private static final String ROWS_READ =
      "select coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::text from pg_stat_user_tables"
          + " where relname = 'records'";

  private final AppServer server = RunningServer.server();

  /** Of the users, those whose space is in the first database are read from its replica. */
  @Test
  void largePullsEndAtTheReplica() throws Exception {
    assumeThat(RunningServer.replicated()).isPresent();
    StandbyPair databases = RunningServer.replicated().orElseThrow();
    server.deploy(WAR);
    try {
      await().atMost(LIMIT).ignoreExceptions().until(() -> status() == 200);
      long before = rowsReadOnTheReplica(databases);
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> {
                pushAndPull(TestUser.unknown(RunningServer.issuer()));
                assertThat(rowsReadOnTheReplica(databases)).isGreaterThan(before);
              });
      assertThat(Databases.value(databases.standbyDatabase(), "select pg_is_in_recovery()::text"))
          .isEqualTo("true");
    } finally {
      server.undeploy(WAR);
    }
  }

  /** What the primary sends first is less than a hundredth of this space. */
  private void pushAndPull(TestUser user) {
    String space = user.personalSpace();
    byte[] blob = blob(128 * 1024);
    Map<?, ?>[] changes =
        IntStream.range(0, RECORDS).mapToObj(i -> put(newId(), 0, blob)).toArray(Map[]::new);
    try (WireClient client = WireClient.open(server.httpPort()).authenticate(user.token())) {
      assertThat(
              client.request("push", push(space, (Object[]) changes)).ok().path("ok").asBoolean())
          .isTrue();
      var pulled = client.request("pull", pull(space, 0));
      assertThat(pulled.ok().path("_chunks").asInt()).isEqualTo(RECORDS + 2);
      Stream<String> ids =
          pulled.chunks().stream()
              .map(chunk -> chunk.path("data").path("id").asText())
              .filter(id -> !id.isEmpty());
      assertThat(ids).doesNotHaveDuplicates().hasSize(RECORDS);
    }
  }

  private static long rowsReadOnTheReplica(StandbyPair databases) {
    return Long.parseLong(Databases.value(databases.standbyDatabase(), ROWS_READ));
  }

  private int status() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + "/health");
    return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding()).statusCode();
  }
}
