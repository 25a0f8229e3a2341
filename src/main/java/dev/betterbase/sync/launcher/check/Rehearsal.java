package dev.betterbase.sync.launcher.check;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * The load under which an AOT cache is made, like that of an ordinary server. Several users push at
 * the same time, single records and many at once. A second client of each user is subscribed and
 * pulls. Before each round, each user comes back many times, as after a restart.
 */
public final class Rehearsal {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /**
   * A JVM that records what it learns starts several times slower than others, and may run with the
   * lowest priority on a busy machine.
   */
  private static final Duration START_LIMIT = Duration.ofMinutes(10);

  private static final long POLL_MILLIS = 200;
  private static final int USERS = 4;

  /** Short connections of each round, because a restart brings all clients back at once. */
  private static final int ARRIVALS = 25;

  private static final int SINGLE_PUSHES = 50;
  private static final int BULK_RECORDS = 100;
  private static final int BLOB_BYTES = 512;
  private static final int DEK_BYTES = 44;

  private final URI server;
  private final Duration time;

  /**
   * @param server the WebSocket URL of a server in development mode
   * @param time the length of the load
   */
  public Rehearsal(URI server, Duration time) {
    this.server = server;
    this.time = time;
  }

  /**
   * Waits until the server answers, then runs the load: at least one round for each user.
   *
   * @param alive whether the server process still runs; the wait ends if it does not
   * @throws StepFailed if the server does not start or refuses a request
   */
  public void run(BooleanSupplier alive) throws StepFailed, InterruptedException {
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
        ExecutorService threads = Executors.newFixedThreadPool(USERS)) {
      awaitServer(http, alive);
      long end = System.nanoTime() + time.toNanos();
      List<Callable<Void>> users = new ArrayList<>();
      for (int i = 0; i < USERS; i++) {
        Random random = new Random(i);
        users.add(
            () -> {
              work(http, random, end);
              return null;
            });
      }
      for (Future<Void> each : threads.invokeAll(users)) {
        each.get();
      }
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof StepFailed step
          ? step
          : new StepFailed(FailureReason.of(failure));
    }
  }

  private void awaitServer(HttpClient http, BooleanSupplier alive)
      throws StepFailed, InterruptedException {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (true) {
      try {
        CheckToken.ofDevelopmentIssuer(http, server, TIMEOUT);
        return;
      } catch (StepFailed notYet) {
        if (!alive.getAsBoolean()) {
          throw notYet;
        }
        if (System.nanoTime() - end > 0) {
          throw new StepFailed(
              "the server did not start within " + START_LIMIT.toMinutes() + " minutes");
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  private void work(HttpClient http, Random random, long end)
      throws StepFailed, InterruptedException {
    CheckToken token = CheckToken.ofDevelopmentIssuer(http, server, TIMEOUT);
    long cursor = 0;
    do {
      arrive(http, token, cursor);
      try (CheckClient writer = CheckClient.connect(http, server, token.text(), TIMEOUT);
          CheckClient reader = CheckClient.connect(http, server, token.text(), TIMEOUT)) {
        reader.call("subscribe", params -> CheckRun.spaces(params, token.space(), 0));
        long since = cursor;
        for (int i = 0; i < SINGLE_PUSHES; i++) {
          cursor = push(writer, token.space(), 1, random);
        }
        cursor = push(writer, token.space(), BULK_RECORDS, random);
        int pulled = pull(reader, token.space(), since);
        if (pulled != SINGLE_PUSHES + BULK_RECORDS) {
          throw new StepFailed(
              "a pull returned "
                  + pulled
                  + " records instead of "
                  + (SINGLE_PUSHES + BULK_RECORDS));
        }
        pull(reader, token.space(), cursor);
      }
    } while (System.nanoTime() - end < 0);
  }

  /** The work of a client that comes back: it connects, subscribes and asks for what is new. */
  private void arrive(HttpClient http, CheckToken token, long cursor)
      throws StepFailed, InterruptedException {
    for (int i = 0; i < ARRIVALS; i++) {
      try (CheckClient client = CheckClient.connect(http, server, token.text(), TIMEOUT)) {
        client.call("subscribe", params -> CheckRun.spaces(params, token.space(), cursor));
        pull(client, token.space(), cursor);
      }
    }
  }

  private static long push(CheckClient client, String space, int records, Random random)
      throws StepFailed, InterruptedException {
    return CheckRun.push(
        client,
        space,
        change -> {
          for (int i = 0; i < records; i++) {
            String id = new UUID(random.nextLong(), random.nextLong()).toString();
            CheckRun.newRecord(change, id, bytes(BLOB_BYTES, random), dek(random));
          }
        });
  }

  private static int pull(CheckClient client, String space, long since)
      throws StepFailed, InterruptedException {
    AtomicInteger records = new AtomicInteger();
    client.stream(
        "pull",
        params -> CheckRun.spaces(params, space, since),
        chunk -> {
          if (chunk.part("data").containsKey("blob")) {
            records.incrementAndGet();
          }
        });
    return records.get();
  }

  /** A DEK of key generation 1, the first of every space. */
  private static byte[] dek(Random random) {
    byte[] dek = bytes(DEK_BYTES, random);
    ByteBuffer.wrap(dek).putInt(1);
    return dek;
  }

  private static byte[] bytes(int length, Random random) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
