package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.JvmState;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.PortabilityTest;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import dev.betterbase.sync.testing.WireClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Deploys and undeploys the WAR many times on one server: nothing of it stays behind. The build
 * runs this class once for each server that has deployments.
 */
@PortabilityTest
@NightlyTest
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara-server|wildfly")
@ExtendWith(RunningServer.class)
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RedeployPortabilityIT {
  private static final int TIMES = Integer.getInteger("redeploy.times", 10);

  /** The connections that the pool of the server, which stays, may keep open without any work. */
  private static final int POOL_AT_REST = 2;

  private static final Path WAR = Path.of("target/betterbase-sync.war").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** Threads of the servers themselves, of which commands and requests start more. */
  private static final Pattern OWN_THREADS =
      Pattern.compile(
          "(Job Cleanup Service|Executor-Service|GF Domain XML|EventAdminAsyncThread"
              + "|payara-executor-service|http-thread-pool|default task|management-handler-thread"
              + "|External Management|MSC service thread|ServerService Thread Pool).*");

  private final AppServer server = RunningServer.server();

  /** What is left after an undeployment. */
  private record Rest(Map<String, Long> threads, int databaseConnections) {}

  @Test
  void nothingOfTheApplicationStaysBehind() throws Exception {
    List<Rest> rests = new ArrayList<>();
    for (int round = 0; round < TIMES; round++) {
      server.deploy(WAR);
      try {
        work();
        assertEarlierDeploymentsAreGone();
      } catch (Exception | Error failure) {
        server.undeploy(WAR);
        throw failure;
      }
      undeployUnderAClient();
      rests.add(new Rest(JvmState.threads(server.pid()), RunningServer.databaseConnections()));
    }
    // The first rounds start threads and connections that are the server's own, and stay.
    Rest early = rests.get(1);
    Rest last = rests.getLast();
    assertThat(leftByEachDeployment(early, last)).as("of %s", last.threads()).isEmpty();
    assertThat(last.databaseConnections())
        .isLessThanOrEqualTo(Math.max(early.databaseConnections(), POOL_AT_REST));
  }

  /** operating.md, What works where: a client is told at an undeployment as it is at SIGTERM. */
  private void undeployUnderAClient() {
    try (WireClient client = connect(TestUser.unknown(RunningServer.issuer()))) {
      client.expectOpen();
      var closed = CompletableFuture.supplyAsync(() -> client.awaitClose(Duration.ofMinutes(3)));
      server.undeploy(WAR);
      assertThat(closed.join()).isEqualTo(new Incoming.Close(1001, "server shutting down"));
    }
  }

  private WireClient connect(TestUser user) {
    return WireClient.open(server.httpPort()).authenticate(user.token());
  }

  /**
   * The class loaders of earlier deployments are gone. A request thread of Payara Server keeps its
   * last request, and with it the deployment, until it gets another. A request thread of WildFly
   * keeps its first request until it ends, so there must be no requests meanwhile.
   */
  private void assertEarlierDeploymentsAreGone() throws Exception {
    boolean threadsKeepTheirLastRequest = !RunningServer.is("wildfly");
    long pid = server.pid();
    try {
      await()
          // Other idle threads end after a minute.
          .atMost(Duration.ofSeconds(100))
          .pollInterval(Duration.ofSeconds(2))
          .untilAsserted(
              () -> {
                if (threadsKeepTheirLastRequest) {
                  occupyIdleThreads();
                }
                assertThat(JvmState.copies(pid, "dev.betterbase.sync.settings.Setting"))
                    .isEqualTo(1);
              });
    } catch (ConditionTimeoutException e) {
      Path dump = Folders.fresh("heap").resolve("leak.hprof");
      JvmState.dumpHeap(pid, dump);
      throw new AssertionError("an earlier deployment is still reachable, see " + dump, e);
    }
  }

  /** So that idle threads have a request of the newest deployment as their last. */
  private void occupyIdleThreads() {
    HttpRequest request =
        HttpRequest.newBuilder(uri("/health")).timeout(Duration.ofSeconds(10)).build();
    List<CompletableFuture<HttpResponse<Void>>> answers =
        Stream.generate(() -> HTTP.sendAsync(request, BodyHandlers.discarding()))
            .limit(50)
            .toList();
    answers.forEach(CompletableFuture::join);
  }

  /** Names of threads of which there is one more with each round. */
  private static List<String> leftByEachDeployment(Rest early, Rest last) {
    return last.threads().entrySet().stream()
        .filter(each -> !OWN_THREADS.matcher(each.getKey()).matches())
        .filter(
            each ->
                each.getValue() - early.threads().getOrDefault(each.getKey(), 0L)
                    >= Math.max(1, TIMES - 2))
        .map(each -> each.getKey() + ": " + each.getValue())
        .toList();
  }

  private void work() throws Exception {
    await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptions()
        .until(
            () ->
                HTTP.send(HttpRequest.newBuilder(uri("/health")).build(), BodyHandlers.discarding())
                        .statusCode()
                    == 200);
    TestUser user = TestUser.unknown(RunningServer.issuer());
    String space = user.personalSpace();
    String record = newId();
    String token = RunningServer.issuer().token().of(user).claim("scope", "sync files").sign();
    try (WireClient client = connect(user)) {
      client.request("subscribe", subscribe(space, 0)).ok();
      client.request("push", push(space, put(record, 0, blob(100)))).ok();
      client.request("pull", pull(space, 0)).ok();
      HttpRequest upload =
          HttpRequest.newBuilder(uri("/api/v1/spaces/" + space + "/files/" + newId()))
              .header("Authorization", "Bearer " + token)
              .header("X-Record-ID", record)
              .header("X-Wrapped-DEK", Base64.getEncoder().encodeToString(dek(1)))
              .PUT(BodyPublishers.ofByteArray(blob(100_000)))
              .build();
      assertThat(HTTP.send(upload, BodyHandlers.discarding()).statusCode()).isEqualTo(201);
    }
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.httpPort() + path);
  }
}
