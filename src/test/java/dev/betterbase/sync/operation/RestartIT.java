package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.file.AcknowledgedUploads;
import dev.betterbase.sync.file.OrderlyStop;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import dev.betterbase.sync.testing.WireClient.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The end of a server with the embedded PostgreSQL. protocol.md: 1001 at an orderly shutdown, and
 * clients come back and miss nothing. storage.md, Guarantees: what was acknowledged survives {@code
 * kill -9}. The tests run one after another because each stops the server, and the last one does
 * not start it again.
 */
@IntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Order(0) // It is among the longest.
class RestartIT {
  private static final int CLIENTS = 32;

  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            options ->
                options
                    .name("restart")
                    .embeddedDatabase()
                    .with("ADMIN_TOKEN", AdminClient.TOKEN)
                    .with("FILE_STORAGE_BACKEND", "local")
                    .with("FEDERATION_DOMAIN", "sync.example.com"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /**
   * protocol.md, Shutdown: a hundred a second are closed, and the others are served meanwhile. An
   * upload in hand is finished.
   */
  @Test
  @Order(4)
  @Execution(ExecutionMode.SAME_THREAD)
  @Timeout(600)
  void orderlyShutdown() throws Exception {
    try (WireClient unauthenticated = server.open()) {
      OrderlyStop.assertServed(new Stopped(), server.issuer(), 120);
      assertThat(unauthenticated.awaitClose(WireClient.LIMIT).code()).isIn(1001, 4000);
    }
    assertThat(server.process().awaitExit(Duration.ofSeconds(60))).isIn(0, 143);
    assertThat(server.process().postmaster()).as("embedded PostgreSQL stops too").isEmpty();
  }

  @Test
  @Order(2)
  @Execution(ExecutionMode.SAME_THREAD)
  @Timeout(600)
  void nothingAcknowledgedIsLost() throws Exception {
    String keys = keySet();
    assertThat(keys).containsOnlyOnce("\"kid\":\"https://sync.example.com/");
    TestUser user = server.newUser();
    String id = newId();
    try (WireClient client = server.connect(user)) {
      client.request("push", push(user.personalSpace(), put(id, 0, new byte[500]))).ok();
    }
    AcknowledgedUploads uploads = AcknowledgedUploads.start(server, 2);
    List<AcknowledgedPushes> pushed =
        AcknowledgedPushes.until(
            server,
            () -> {
              uploads.awaitAnswers(4);
              server.process().kill();
            });
    uploads.awaitEnd();
    server.process().start();
    pushed.forEach(AcknowledgedPushes::assertNothingLost);
    uploads.assertNothingLost();
    try (WireClient client = server.connect(user)) {
      assertThat(new Replica(user.personalSpace()).attach(client).records()).containsOnlyKeys(id);
    }
    assertThat(keySet()).as("a server that has a signing key makes none").isEqualTo(keys);
    CrashIT.crashTheDatabase(server);
  }

  /**
   * PostgreSQL that is told to stop refuses new connections, and waits for the end of those that
   * the pool would keep.
   */
  @Test
  @Order(3)
  @Execution(ExecutionMode.SAME_THREAD)
  @Timeout(600)
  void aDatabaseThatIsToldToStopComesBack() {
    ProcessHandle old = server.process().postmaster().orElseThrow();
    assertThat(old.destroy()).isTrue();
    Callable<Reply> push = RestartIT::pushOnce;
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      await()
          .until(
              () -> {
                // So many need more connections than there are.
                for (Future<Reply> each : clients.invokeAll(Collections.nCopies(CLIENTS, push))) {
                  each.get();
                }
                return !old.isAlive();
              });
    }
    await().untilAsserted(() -> pushOnce().ok());
  }

  private static Reply pushOnce() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      return client.request("push", push(user.personalSpace(), put(newId(), 0, new byte[500])));
    }
  }

  @Test
  @Order(1)
  @Execution(ExecutionMode.SAME_THREAD)
  void aNodeIsDrainedOnTheAdminPageAndTakesConnectionsAgain() throws IOException {
    AdminClient admin = AdminClient.from(server.process(), "127.0.0.1").signIn();
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      assertThat(admin.post("drain/begin", "").statusCode()).isEqualTo(204);
      client.expectClose(1001, "server shutting down");
    }
    assertThat(server.process().get("/health").statusCode()).isEqualTo(503);
    assertThat(server.process().get("/mp-health/ready").statusCode()).isEqualTo(503);
    assertThat(admin.get("figures").get("draining").booleanValue()).isTrue();
    assertThat(admin.post("drain/end", "").statusCode()).isEqualTo(204);
    assertThat(server.process().get("/health").statusCode()).isEqualTo(200);
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      String id = admin.get("connections").get(0).get("id").textValue();
      assertThat(admin.post("connections/end", id).statusCode()).isEqualTo(204);
      client.expectClose(1001, "closed by the operator");
    }
    assertThat(server.process().output())
        .contains("admin act: drain, from 127.0.0.1", "admin act: end connection ");
  }

  private static final class Stopped implements OrderlyStop.Server {
    @Override
    public int port() {
      return server.process().port();
    }

    @Override
    public int health() throws IOException {
      return server.process().get("/health").statusCode();
    }

    @Override
    public String metrics() throws IOException {
      return server.metrics();
    }

    @Override
    public void terminate() {
      server.process().terminate();
    }
  }

  /** The key set of the server, as soon as it has its database. */
  private static String keySet() {
    HttpResponse<String> answer =
        await()
            .until(
                () -> server.process().get("/.well-known/jwks.json"),
                response -> response.statusCode() == 200);
    return answer.body();
  }

  /** What was written before an orderly shutdown is there after it. */
  @Test
  @NightlyTest
  @Order(3)
  @Execution(ExecutionMode.SAME_THREAD)
  @Timeout(600)
  void restartInMidTraffic() throws Exception {
    String keys = keySet();
    TestUser user = server.newUser();
    int pushes = 200;
    int all = 2 * pushes;
    Map<String, Integer> written = new ConcurrentHashMap<>();
    try (ExecutorService executor = Executors.newCachedThreadPool()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        writers.add(executor.submit(() -> write(user, pushes, written)));
      }
      List<Future<Replica>> readers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        readers.add(executor.submit(() -> follow(user, all)));
      }
      while (written.size() < pushes / 2) {
        Thread.sleep(10);
      }
      server.process().stop();
      assertThat(written).as("stopped in mid-traffic").hasSizeLessThan(all);
      server.process().start();
      assertThat(keySet()).isEqualTo(keys);
      for (Future<?> writer : writers) {
        writer.get(300, TimeUnit.SECONDS);
      }
      assertThat(written).hasSize(all);
      for (Future<Replica> reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS).records())
            .containsOnlyKeys(written.keySet().toArray(String[]::new));
      }
    }
  }

  // After a push without an answer, the same push is stored or conflicts with itself.
  private static void write(TestUser user, int pushes, Map<String, Integer> written) {
    List<String> left = new ArrayList<>();
    for (int i = 0; i < pushes; i++) {
      left.add(newId());
    }
    comeBackUntilDone(
        user.withOwnMailbox(),
        client -> {
          while (!left.isEmpty()) {
            String id = left.getLast();
            JsonNode result =
                client.request("push", push(user.personalSpace(), put(id, 0, new byte[200]))).ok();
            if (!result.get("ok").booleanValue()) {
              assertThat(result)
                  .isEqualTo(WireClient.CBOR.valueToTree(map("ok", false, "error", "conflict")));
            }
            written.put(id, 1);
            left.removeLast();
          }
        });
  }

  private static Replica follow(TestUser user, long target) {
    Replica replica = new Replica(user.personalSpace());
    comeBackUntilDone(
        user.withOwnMailbox(),
        client -> {
          replica.attach(client);
          replica.follow(target);
        });
    return replica;
  }

  private interface Session {
    void run(WireClient client);
  }

  // Connects again and again, as clients do.
  private static void comeBackUntilDone(TestUser user, Session session) {
    long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
    while (true) {
      try (WireClient client = server.connect(user)) {
        try {
          session.run(client);
          return;
        } catch (UncheckedIOException | AssertionError ended) {
          if (client.isOpen() && ended instanceof AssertionError) {
            throw ended;
          }
        }
      } catch (UncheckedIOException | AssertionError refused) {
        if (System.nanoTime() > deadline) {
          throw refused;
        }
      }
      try {
        Thread.sleep(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
