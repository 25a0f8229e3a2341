package dev.betterbase.sync.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.hostile.GoodClients.Experience;
import dev.betterbase.sync.testing.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A packaged server with a heap of 256 MB that is attacked, and what others notice of it: 99 of 100
 * pushes take at most three times as long as without the attack, and /health answers within a
 * second (docs/security.md, Attacks). Without the attack means in the ten seconds before it and in
 * ten seconds after it: on a busy machine, one such time alone may be several times as good as the
 * next.
 */
final class AttackedServer implements AutoCloseable {
  private static final Duration WARM_UP = Duration.ofSeconds(15);
  private static final Duration MEASURED = Duration.ofSeconds(10);

  /** An attack is at its height when it is measured. */
  private static final Duration BEGINNING = Duration.ofSeconds(3);

  /** What an attack has left open ends before the time after it. */
  private static final Duration CALM = Duration.ofSeconds(3);

  /** The time after an attack is the one before the next, if that begins so soon. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private static final int SLOWER_AT_MOST = 3;

  /**
   * Faster pushes are not told apart: on a quiet machine three times nearly nothing is still
   * nothing that anybody notices.
   */
  private static final double UNNOTICED_MILLIS = 10;

  private static final double HEALTH_AT_MOST_MILLIS = 1_000;

  private final TestServer server;
  private final GoodClients good;
  private Experience lastQuiet = new Experience(List.of(), 0);
  private long lastQuietEnd;

  private AttackedServer(TestServer server) {
    this.server = server;
    this.good = new GoodClients(server);
  }

  /** Starts a server, and lets the good clients work until the measurement means something. */
  static AttackedServer start() throws Exception {
    var attacked =
        new AttackedServer(
            TestServer.start(
                options ->
                    options
                        .name("attacked")
                        .heap("256m")
                        .jvmAsShipped()
                        .embeddedDatabase()
                        .with("FILE_STORAGE_BACKEND", "local")
                        .with("TRUSTED_PROXIES", "127.0.0.1")));
    attacked.good.work(WARM_UP);
    attacked.quiet();
    return attacked;
  }

  TestServer server() {
    return server;
  }

  @Override
  public void close() {
    good.close();
    server.close();
  }

  /** What one attacker does until the attack is over. */
  interface Attacker {
    void go(Pace pace) throws Exception;
  }

  /**
   * When an attacker acts. The attackers run on the processors of the server, so without a bound
   * they would only show how those are shared.
   *
   * @param between the time between two acts
   * @param end when the attack is over, by {@link System#nanoTime}
   */
  record Pace(Duration between, long end) {
    /** Waits until the next act is due; false if the attack is over. */
    boolean next() throws InterruptedException {
      Thread.sleep(between);
      return System.nanoTime() < end;
    }
  }

  private Experience quiet() throws Exception {
    lastQuiet = good.work(MEASURED);
    lastQuietEnd = System.nanoTime();
    return lastQuiet;
  }

  /**
   * Measures before, during and after an attack.
   *
   * @param perSecond what all attackers together do in a second, at most
   */
  void attack(String name, int attackers, int perSecond, Attacker attacker) throws Exception {
    Experience before = System.nanoTime() - lastQuietEnd < SOON.toNanos() ? lastQuiet : quiet();
    long end = System.nanoTime() + BEGINNING.plus(MEASURED).toNanos();
    Pace pace = new Pace(Duration.ofSeconds(1).multipliedBy(attackers).dividedBy(perSecond), end);
    int logged = server.process().output().length();
    List<Future<?>> attacking = new ArrayList<>();
    Experience during;
    try (ExecutorService threads = Executors.newFixedThreadPool(attackers)) {
      for (int i = 0; i < attackers; i++) {
        attacking.add(
            threads.submit(
                () -> {
                  attacker.go(pace);
                  return null;
                }));
      }
      Thread.sleep(BEGINNING);
      during = good.work(MEASURED);
      for (Future<?> each : attacking) {
        each.get(60, TimeUnit.SECONDS);
      }
    }
    int logBytes = server.process().output().length() - logged;
    Thread.sleep(CALM);
    Experience after = quiet();
    Experience without = before.and(after);
    System.out.printf(
        Locale.ROOT,
        "%s: before %s; during %s; after %s; without %s; %d bytes of log%n",
        name,
        before,
        during,
        after,
        without,
        logBytes);
    assertThat(during.pushMillis())
        .as(name + ": 99 of 100 pushes, without the attack " + without)
        .isLessThan(SLOWER_AT_MOST * Math.max(without.pushMillis(), UNNOTICED_MILLIS));
    assertThat(during.healthMillis()).as(name).isLessThan(HEALTH_AT_MOST_MILLIS);
    assertThat(logBytes).as(name + ": the log").isLessThan(100_000);
  }
}
