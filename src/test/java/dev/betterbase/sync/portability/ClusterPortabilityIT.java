package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.JvmState;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * An application server and a server of the jar as the two nodes of a cluster, on two databases
 * (docs/scaling.md, On Payara Server, On WildFly and Shards). The build runs this class for each
 * server when that has what is off by default.
 */
@ExtrasTest
class ClusterPortabilityIT {
  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final AppServer server = RunningServer.server();

  @Test
  void aPushReachesTheOtherNodeAtOnceAndSpacesAreInBothDatabases() throws Exception {
    server.deploy(WAR);
    try {
      try (ServerProcess other = RunningServer.startOtherNode()) {
        await()
            .atMost(LIMIT)
            .ignoreExceptions()
            .until(() -> sees(server.httpPort(), 2) && sees(other.port(), 2));
        assertThat(hasMember()).isTrue();
        for (int i = 0; i < 20; i++) {
          aPushIsSeen(server.httpPort(), other.port());
          aPushIsSeen(other.port(), server.httpPort());
        }
        assertThat(spacesInTheSecondDatabase()).isPositive().isLessThan(40);
      }
      await().atMost(LIMIT).until(() -> sees(server.httpPort(), 1));
    } finally {
      server.undeploy(WAR);
    }
    assertThat(hasMember()).as("the member of the cluster ends with the application").isFalse();
  }

  /**
   * Whether the server runs our member of the cluster. Payara Server has one of its own besides.
   */
  private boolean hasMember() throws Exception {
    return JvmState.threads(server.pid()).keySet().stream()
        .anyMatch(name -> name.startsWith("hz.betterbase-node-"));
  }

  /** With its record: by polling, only a marker would come. */
  private static void aPushIsSeen(int to, int from) {
    TestUser user = TestUser.unknown(RunningServer.issuer()).withOwnMailbox();
    String space = user.personalSpace();
    try (WireClient writer = WireClient.open(to).authenticate(user.token());
        WireClient reader = WireClient.open(from).authenticate(user.token())) {
      reader.request("subscribe", subscribe(space, 0)).ok();
      JsonNode pushed = writer.request("push", push(space, put(newId(), 0, new byte[10]))).ok();
      assertThat(pushed.path("ok").asBoolean()).as(pushed.toString()).isTrue();
      JsonNode sync = reader.expectNotification("sync");
      assertThat(sync.path("cursor").asLong()).isEqualTo(1);
      assertThat(sync.path("records")).hasSize(1);
    }
  }

  private static boolean sees(int port, int nodes) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
            .header("Authorization", "Bearer " + TestServer.METRICS_TOKEN)
            .timeout(Duration.ofSeconds(10))
            .build();
    List<String> metrics = HTTP.send(request, BodyHandlers.ofLines()).body().toList();
    return metrics.contains("betterbase_cluster_nodes " + nodes + ".0");
  }

  private static long spacesInTheSecondDatabase() throws SQLException {
    try (Connection connection = RunningServer.second().connect();
        Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("select count(*) from spaces")) {
      count.next();
      return count.getLong(1);
    }
  }
}
