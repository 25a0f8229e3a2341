package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * What shared spaces cost, each beside what it is measured against: pushes under a chain of two
 * tokens beside the same pushes to personal spaces, a rewrap of 100,000 DEKs in one frame beside
 * the push of as many records, presence of 100 people before 1,000 watchers beside events of the
 * same size. Takes about three minutes.
 *
 * <p>{@code mvn -q -DskipTests package exec:exec@bench-spaces}
 */
public final class SpaceLoad {
  private static final int CONNECTIONS = 16;
  private static final int ROUNDS = 4;
  private static final Duration ROUND = Duration.ofSeconds(6);
  private static final Duration WARM_UP = Duration.ofSeconds(8);
  private static final int BLOB = 512;
  private static final int DEKS = 100_000;
  private static final int PRESENT = 100;
  private static final int WATCHERS = 1_000;
  private static final int RENEWALS = 10;
  private static final int DATA = 200;
  private static final Duration LONGEST = Duration.ofMinutes(3);

  private final TestServer server;

  private SpaceLoad(TestServer server) {
    this.server = server;
  }

  /** Runs it all; takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    try (TestServer server =
        TestServer.start(options -> options.name("bench").heap("512m").embeddedDatabase())) {
      System.out.printf(
          Locale.ROOT,
          "Java %s, %d processors, heap of the server 512 MiB%n%n",
          Runtime.version(),
          Runtime.getRuntime().availableProcessors());
      row("what", "figure", "beside it");
      row("---", "---", "---");
      SpaceLoad load = new SpaceLoad(server);
      load.pushes();
      load.rewrap();
      load.presence();
    }
  }

  /** One push after the other; how many were done until the end. */
  private interface Pusher {
    void push();
  }

  private void pushes() throws Exception {
    List<WireClient> clients = new ArrayList<>();
    List<Pusher> personal = new ArrayList<>();
    List<Pusher> shared = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      TestUser user = server.newUser();
      WireClient own = server.connect(user);
      personal.add(() -> push(own, Requests.map("space", user.personalSpace())));
      // Root to admin to writer: two tokens.
      Member writer = SharedSpace.create(server).invite("write");
      WireClient member = writer.connect();
      shared.add(() -> push(member, writer.params()));
      clients.addAll(List.of(own, member));
    }
    rate(personal, WARM_UP);
    rate(shared, WARM_UP);
    double personalRate = 0;
    double sharedRate = 0;
    for (int round = 0; round < ROUNDS; round++) {
      personalRate += rate(personal, ROUND) / ROUNDS;
      sharedRate += rate(shared, ROUND) / ROUNDS;
    }
    row(
        "pushes of 1 record to 16 shared spaces, 2 UCANs",
        figure("%,.0f/s", sharedRate),
        figure("personal spaces %,.0f/s: %.2f of it", personalRate, sharedRate / personalRate));
    clients.forEach(WireClient::close);
  }

  private static void push(WireClient client, Map<String, Object> params) {
    Object change = Requests.put(Requests.newId(), 0, Requests.blob(BLOB), Requests.dek(1));
    params.put("changes", List.of(change));
    succeed(client.request("push", params));
  }

  private static double rate(List<Pusher> pushers, Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    List<Callable<Long>> tasks = new ArrayList<>();
    for (Pusher pusher : pushers) {
      tasks.add(
          () -> {
            long count = 0;
            for (; System.nanoTime() < end; count++) {
              pusher.push();
            }
            return count;
          });
    }
    long pushes = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(pushers.size())) {
      for (Future<Long> each : threads.invokeAll(tasks)) {
        pushes += each.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
      }
    }
    return pushes / (time.toMillis() / 1e3);
  }

  private void rewrap() {
    SharedSpace space = SharedSpace.create(server);
    Member admin = space.admin();
    try (WireClient client = admin.connect()) {
      List<Map<String, Object>> deks = new ArrayList<>();
      List<Map<String, Object>> changes = new ArrayList<>();
      for (int i = 0; i < DEKS; i++) {
        String id = Requests.newId();
        changes.add(Requests.put(id, 0, new byte[1], Requests.dek(1)));
        deks.add(Requests.map("id", id, "dek", Requests.dek(2)));
      }
      long before = System.nanoTime();
      succeed(client.request("push", admin.params("changes", changes)));
      double push = (System.nanoTime() - before) / 1e9;
      client.request("epoch.begin", admin.params("epoch", 2)).ok();
      before = System.nanoTime();
      JsonNode got = client.await(client.start("deks.get", admin.params()), chunk -> {}).ok();
      require(got.get("_chunks").asInt() == DEKS, "deks.get");
      double get = (System.nanoTime() - before) / 1e9;
      before = System.nanoTime();
      JsonNode done = client.request("deks.rewrap", admin.params("deks", deks)).ok();
      require(done.get("count").asInt() == DEKS, "deks.rewrap");
      double rewrap = (System.nanoTime() - before) / 1e9;
      row(
          "rewrap of 100,000 DEKs in one frame",
          figure("%.2f s", rewrap),
          figure("push of as many records %.2f s", push));
      row("deks.get of 100,000", figure("%.2f s", get), "");
    }
  }

  private void presence() throws Exception {
    SharedSpace space = SharedSpace.create(server);
    List<WireClient> people = new ArrayList<>();
    CountDownLatch subscribed = new CountDownLatch(WATCHERS);
    int frames = RENEWALS * PRESENT;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> watchers = new ArrayList<>();
      CountDownLatch eventsBegin = new CountDownLatch(1);
      for (int i = 0; i < WATCHERS; i++) {
        Member watcher = space.invite("read");
        watchers.add(threads.submit(() -> watch(watcher, frames, subscribed, eventsBegin)));
      }
      for (int i = 0; i < PRESENT; i++) {
        Member person = space.invite("read");
        WireClient client = person.connect();
        client.request("subscribe", person.spaces(0)).ok();
        people.add(client);
      }
      require(subscribed.await(LONGEST.toSeconds(), TimeUnit.SECONDS), "subscribe");
      double presence = deliver(people, space.id(), "presence.set", frames);
      eventsBegin.countDown();
      double event = deliver(people, space.id(), "event.send", frames);
      int seen = 0;
      for (Future<Integer> each : watchers) {
        seen += each.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
      }
      row(
          "presence of 100 before 1,000 watchers, CPU of 1,000 frames",
          figure("%.1f ms", presence),
          figure("events %.1f ms; %,d of %,d frames came", event, seen, 2L * WATCHERS * frames));
    } finally {
      people.forEach(WireClient::close);
    }
  }

  /** Everybody sends in turn, slowly enough for all to be read; CPU in ms of 1,000 frames. */
  private double deliver(List<WireClient> people, String space, String method, int frames)
      throws Exception {
    byte[] data = Requests.blob(DATA);
    long before = cpuMillis();
    for (int sent = 0; sent < frames; sent++) {
      WireClient client = people.get(sent % people.size());
      client.notify(method, Requests.map("space", space, "data", data));
      TimeUnit.MILLISECONDS.sleep(40);
      if (sent % people.size() == people.size() - 1) {
        people.forEach(each -> each.readFor(Duration.ofMillis(1)));
      }
    }
    TimeUnit.SECONDS.sleep(2);
    return 1e3 * (cpuMillis() - before) / ((double) frames * (WATCHERS + PRESENT - 1));
  }

  private static int watch(
      Member watcher, int frames, CountDownLatch subscribed, CountDownLatch eventsBegin)
      throws InterruptedException {
    try (WireClient client = watcher.connect()) {
      client.request("subscribe", watcher.spaces(0)).ok();
      subscribed.countDown();
      int seen = 0;
      while (seen < frames && client.pollNotification("presence", LONGEST).isPresent()) {
        seen++;
      }
      eventsBegin.await(LONGEST.toSeconds(), TimeUnit.SECONDS);
      while (seen < 2 * frames && client.pollNotification("event", LONGEST).isPresent()) {
        seen++;
      }
      return seen;
    }
  }

  private long cpuMillis() {
    return ProcessHandle.of(server.process().pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .map(Duration::toMillis)
        .orElse(0L);
  }

  private static void succeed(WireClient.Reply reply) {
    require(reply.ok().get("ok").booleanValue(), "push");
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException(what + " failed");
    }
  }

  private static String figure(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static void row(String what, String figure, String beside) {
    System.out.printf(Locale.ROOT, "| %-58s | %-12s | %s |%n", what, figure, beside);
  }
}
