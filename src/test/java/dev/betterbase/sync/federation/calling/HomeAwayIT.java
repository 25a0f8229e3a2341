package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * federation.md: a home server that is killed and comes back in mid-traffic, and keys that change
 * meanwhile. Members on two other servers do nothing about it, and miss nothing.
 */
@IntegrationTest
@NightlyTest
@Order(1)
class HomeAwayIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static final int THIRD = 2;
  private static final Duration LONG = Duration.ofMinutes(2);

  private final AtomicBoolean over = new AtomicBoolean();

  /** Whether all pushers have ended, so that what was acknowledged is complete. */
  private final AtomicBoolean known = new AtomicBoolean();

  /** One connection that pushes until the end, and what was acknowledged to it. */
  private final class Writer implements AutoCloseable {
    private final Member member;
    private final WireClient client;
    private final Set<String> stored = ConcurrentHashMap.newKeySet();

    Writer(Member member) {
      this.member = member;
      this.client = member.connect();
    }

    /** Pushes one record; whether it was acknowledged. */
    boolean push() {
      String id = Requests.newId();
      JsonNode pushed =
          client
              .request(
                  "push",
                  member.params("changes", List.of(Requests.put(id, 0, Requests.blob(100)))))
              .ok();
      boolean ok = pushed.get("ok").asBoolean();
      if (ok) {
        stored.add(id);
      } else {
        assertThat(pushed.get("error").asText()).isEqualTo("internal");
      }
      return ok;
    }

    Void pushUntilOver() throws InterruptedException {
      while (!over.get()) {
        Thread.sleep(push() ? 5 : 100);
      }
      return null;
    }

    void awaitMore() {
      int before = stored.size();
      Awaitility.await().atMost(LONG).until(() -> stored.size() >= before + 10);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** One connection that subscribes once, and follows until it has all of the space. */
  private Replica followUntilOver(Member member, Set<String> all) {
    Replica replica = new Replica(member);
    try (WireClient client = member.connect()) {
      replica.attach(client);
      long deadline = System.nanoTime() + Duration.ofMinutes(8).toNanos();
      while (!known.get() || !replica.records().keySet().containsAll(all)) {
        replica.step(Duration.ofMillis(200));
        assertThat(client.isOpen()).isTrue();
        if (System.nanoTime() > deadline) {
          throw new AssertionError("stays at cursor " + replica.cursor());
        }
      }
      return replica;
    }
  }

  /** Starts servers five times. */
  @Test
  @Timeout(value = 12, unit = TimeUnit.MINUTES)
  void membersElsewhereMissNothingWhileTheHomeIsKilledAndKeysChange() throws Exception {
    try (Servers servers = Servers.start(3, builder -> builder)) {
      SharedSpace space = servers.newSpace(HOME, AWAY, THIRD);
      ServerProcess home = servers.server(HOME).process();
      Set<String> all = ConcurrentHashMap.newKeySet();
      try (ExecutorService threads = Executors.newCachedThreadPool();
          Writer away = new Writer(servers.invite(space, "write", AWAY));
          Writer third = new Writer(servers.invite(space, "write", THIRD))) {
        try {
          Future<Replica> seenAway =
              threads.submit(() -> followUntilOver(servers.invite(space, "read", AWAY), all));
          Future<Replica> seenThird =
              threads.submit(() -> followUntilOver(servers.invite(space, "read", THIRD), all));
          List<Future<Void>> writing =
              List.of(threads.submit(away::pushUntilOver), threads.submit(third::pushUntilOver));
          away.awaitMore();
          third.awaitMore();

          home.kill();
          everythingElseGoesOn(servers.invite(space, "write", AWAY));
          home.start();
          away.awaitMore();
          third.awaitMore();

          // A new key, by which the next connection is signed; its peer has never seen it.
          makeKey(servers, AWAY);
          away.awaitMore();
          home.kill();
          home.start();
          away.awaitMore();
          third.awaitMore();

          try (Writer admin = new Writer(space.admin())) {
            assertThat(admin.push()).isTrue();
            all.addAll(admin.stored);
          }
          over.set(true);
          for (Future<Void> each : writing) {
            each.get(1, TimeUnit.MINUTES);
          }
          all.addAll(away.stored);
          all.addAll(third.stored);
          known.set(true);
          Replica atHome = new Replica(space.admin());
          try (WireClient client = space.admin().connect()) {
            atHome.attach(client);
          }
          assertThat(atHome.records().keySet()).containsAll(all);
          assertThat(seenAway.get(3, TimeUnit.MINUTES).records().keySet()).containsAll(all);
          assertThat(seenThird.get(3, TimeUnit.MINUTES).records().keySet()).containsAll(all);
        } finally {
          over.set(true);
          known.set(true);
        }
      }
    }
  }

  private static void everythingElseGoesOn(Member member) {
    try (WireClient client = member.connect()) {
      assertThat(
              client
                  .request("push", member.params("changes", List.of(newRecord())))
                  .ok()
                  .get("error")
                  .asText())
          .isEqualTo("internal");
      assertThat(client.request("pull", member.spaces(0)).ok().get("_chunks").asInt()).isZero();
      assertThat(
              client
                  .request("push", Requests.push(member.user().personalSpace(), newRecord()))
                  .ok()
                  .get("ok")
                  .asBoolean())
          .isTrue();
    }
  }

  private static Object newRecord() {
    return Requests.put(Requests.newId(), 0, new byte[1]);
  }

  private static void makeKey(Servers servers, int on) {
    try (ServerProcess keygen =
        ServerProcess.builder()
            .arguments("federation-keygen", "--domain", servers.domain(on), "--kid", "second")
            .name("keygen")
            .with("DATABASE_URL", servers.database(on))
            .launch()) {
      assertThat(keygen.awaitExit(LONG)).isZero();
    }
  }
}
