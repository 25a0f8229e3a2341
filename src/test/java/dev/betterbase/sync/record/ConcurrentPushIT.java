package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** storage.md, Guarantees: concurrent pushes to one record; cursors that increase without a gap. */
@IntegrationTest
class ConcurrentPushIT {
  private static final int CLIENTS = 16;
  private static final int ROUNDS = 25;

  private final TestServer server = TestServer.shared();
  private final TestUser user = server.newUser();
  private final String space = user.personalSpace();

  @Test
  void oneOfSixteenWinsEachRound() throws Exception {
    String id = newId();
    try (ExecutorService executor = Executors.newFixedThreadPool(CLIENTS);
        WireClient reader = server.connect(user)) {
      Replica replica = new Replica(space).attach(reader);
      CyclicBarrier round = new CyclicBarrier(CLIENTS);
      List<Future<List<Boolean>>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(executor.submit(() -> compete(id, round)));
      }
      int[] winners = new int[ROUNDS];
      for (Future<List<Boolean>> client : clients) {
        List<Boolean> won = client.get(120, TimeUnit.SECONDS);
        for (int i = 0; i < ROUNDS; i++) {
          winners[i] += won.get(i) ? 1 : 0;
        }
      }
      assertThat(winners).containsOnly(1);
      replica.follow(ROUNDS);
      assertThat(replica.records()).containsOnlyKeys(id).containsValue((long) ROUNDS);
      assertThat(replica.pulls()).isZero();
    }
  }

  private List<Boolean> compete(String id, CyclicBarrier round) throws Exception {
    List<Boolean> won = new ArrayList<>();
    try (WireClient client = server.connect(user.withOwnMailbox())) {
      client.expectOpen();
      for (int cursor = 0; cursor < ROUNDS; cursor++) {
        round.await(60, TimeUnit.SECONDS);
        JsonNode result = client.request("push", push(space, put(id, cursor, new byte[64]))).ok();
        boolean ok = result.get("ok").booleanValue();
        assertThat(ok ? "" : result.get("error").textValue()).isIn("", "conflict");
        if (ok) {
          assertThat(result.get("cursor").longValue()).isEqualTo(cursor + 1);
        }
        won.add(ok);
      }
    }
    return won;
  }

  @Test
  void parallelWritersFillTheCursorsWithoutAGap() throws Exception {
    long writers = 8;
    int pushes = 50;
    try (ExecutorService executor = Executors.newFixedThreadPool((int) writers);
        WireClient reader = server.connect(user)) {
      Replica replica = new Replica(space).attach(reader);
      List<Future<List<Long>>> all = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        all.add(executor.submit(() -> write(pushes)));
      }
      List<Long> cursors = new ArrayList<>();
      for (Future<List<Long>> writer : all) {
        List<Long> own = writer.get(120, TimeUnit.SECONDS);
        assertThat(own).isSorted();
        cursors.addAll(own);
      }
      assertThat(cursors).doesNotHaveDuplicates().hasSize((int) writers * pushes);
      assertThat(cursors.stream().mapToLong(Long::longValue).max()).hasValue(writers * pushes);
      replica.follow(writers * pushes);
      assertThat(replica.records()).hasSize((int) writers * pushes);
    }
  }

  private List<Long> write(int pushes) {
    List<Long> cursors = new ArrayList<>();
    try (WireClient client = server.connect(user.withOwnMailbox())) {
      for (int i = 0; i < pushes; i++) {
        JsonNode result = client.request("push", push(space, put(newId(), 0, new byte[64]))).ok();
        cursors.add(result.get("cursor").longValue());
      }
    }
    return cursors;
  }
}
