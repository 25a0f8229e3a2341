package dev.betterbase.sync.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Users who push a record every few milliseconds, and a load balancer that asks for /health. What
 * they notice is measured.
 */
final class GoodClients implements AutoCloseable {
  private static final int CLIENTS = 4;
  private static final Duration BETWEEN_PUSHES = Duration.ofMillis(20);
  private static final Duration BETWEEN_CHECKS = Duration.ofMillis(200);
  private static final int RECORD_BYTES = 1_000;

  /** What one of them pushes, which must find more memory. */
  private static final int LARGE_RECORD_BYTES = 100_000;

  private final TestServer server;
  private final List<WireClient> clients = new ArrayList<>();
  private final List<TestUser> users = new ArrayList<>();

  GoodClients(TestServer server) {
    this.server = server;
    for (int i = 0; i < CLIENTS; i++) {
      TestUser user = server.newUser();
      users.add(user);
      clients.add(server.connect(user));
    }
  }

  /**
   * What they have noticed.
   *
   * @param pushNanos how long each push took until it was acknowledged, the shortest first
   * @param healthMillis the longest that an answer of /health took; each was 200
   */
  record Experience(List<Long> pushNanos, double healthMillis) {
    /** 99 of 100 pushes were acknowledged within this time. */
    double pushMillis() {
      return pushNanos.get((int) (0.99 * (pushNanos.size() - 1))) / 1e6;
    }

    /** Both as one. */
    Experience and(Experience other) {
      return new Experience(
          Stream.concat(pushNanos.stream(), other.pushNanos.stream()).sorted().toList(),
          Math.max(healthMillis, other.healthMillis));
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d pushes, p99 %.0f ms, health %.0f ms",
          pushNanos.size(),
          pushMillis(),
          healthMillis);
    }
  }

  /** Works for some time. */
  Experience work(Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    List<Future<List<Long>>> pushing = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + 1)) {
      for (int i = 0; i < CLIENTS; i++) {
        WireClient client = clients.get(i);
        String space = users.get(i).personalSpace();
        int bytes = i == 0 ? LARGE_RECORD_BYTES : RECORD_BYTES;
        pushing.add(threads.submit(() -> push(client, space, bytes, end)));
      }
      Future<Long> checking = threads.submit(() -> check(end));
      List<Long> pushes = new ArrayList<>();
      for (Future<List<Long>> each : pushing) {
        pushes.addAll(each.get(time.toSeconds() + 60, TimeUnit.SECONDS));
      }
      return new Experience(
          pushes.stream().sorted().toList(), checking.get(60, TimeUnit.SECONDS) / 1e6);
    }
  }

  private static List<Long> push(WireClient client, String space, int bytes, long end)
      throws InterruptedException {
    List<Long> nanos = new ArrayList<>();
    while (System.nanoTime() < end) {
      Object change = Requests.put(Requests.newId(), 0, Requests.blob(bytes));
      long begin = System.nanoTime();
      assertThat(client.request("push", Requests.push(space, change)).ok().get("ok").asBoolean())
          .isTrue();
      nanos.add(System.nanoTime() - begin);
      Thread.sleep(BETWEEN_PUSHES);
    }
    return nanos;
  }

  /** Each time on a new connection, as a load balancer may do. */
  private long check(long end) throws InterruptedException {
    int port = server.process().port();
    long longest = 0;
    while (System.nanoTime() < end) {
      long begin = System.nanoTime();
      assertThat(RawHttp.exchange(port, "GET", "/health", "Host: localhost").status())
          .isEqualTo(200);
      longest = Math.max(longest, System.nanoTime() - begin);
      Thread.sleep(BETWEEN_CHECKS);
    }
    return longest;
  }

  @Override
  public void close() {
    clients.forEach(WireClient::close);
  }
}
