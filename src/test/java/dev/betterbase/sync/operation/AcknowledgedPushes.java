package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A client that pushes for as long as the server lives and remembers what was acknowledged, to be
 * compared with what is there after a crash.
 */
final class AcknowledgedPushes {
  /** Changes of one push: all of them or none must be there. */
  private static final int CHANGES = 20;

  private static final int WRITERS = 4;
  private static final int WARM = 10;

  private final TestServer server;
  private final TestUser user;
  private final Map<Long, Integer> numberByCursor = new TreeMap<>();
  private final CountDownLatch warm;
  private int attempts;

  private AcknowledgedPushes(TestServer server, CountDownLatch warm) {
    this.server = server;
    this.user = server.newUser();
    this.warm = warm;
  }

  /** Lets several clients push, crashes something, and waits until each has noticed. */
  static List<AcknowledgedPushes> until(TestServer server, Runnable crash) throws Exception {
    CountDownLatch warm = new CountDownLatch(WRITERS);
    List<AcknowledgedPushes> writers = new ArrayList<>();
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(WRITERS)) {
      for (int i = 0; i < WRITERS; i++) {
        AcknowledgedPushes writer = new AcknowledgedPushes(server, warm);
        writers.add(writer);
        running.add(executor.submit(writer::run));
      }
      assertThat(warm.await(60, TimeUnit.SECONDS)).as("pushes flow").isTrue();
      crash.run();
      for (Future<?> writer : running) {
        writer.get(60, TimeUnit.SECONDS);
      }
    }
    return writers;
  }

  // Until the connection ends or a push fails.
  private void run() {
    try (WireClient client = server.connect(user)) {
      while (client.isOpen()) {
        int number = ++attempts;
        List<Object> changes = new ArrayList<>();
        for (int i = 0; i < CHANGES; i++) {
          byte[] blob = ByteBuffer.allocate(600).putInt(number).array();
          changes.add(Requests.put(Requests.newId(), 0, blob));
        }
        JsonNode result = client.request("push", Requests.push(user.personalSpace(), changes)).ok();
        if (!result.get("ok").booleanValue()) {
          return;
        }
        numberByCursor.put(result.get("cursor").longValue(), number);
        if (numberByCursor.size() == WARM) {
          warm.countDown();
        }
      }
    } catch (UncheckedIOException | AssertionError ended) {
      // The crash that the test is about: what was in flight has no answer.
    }
  }

  /**
   * Asserts that every acknowledged push is there and whole, and at most the one in flight besides.
   */
  void assertNothingLost() {
    Map<Long, List<Integer>> found = new HashMap<>();
    try (WireClient client = server.connect(user)) {
      String id = client.start("pull", Requests.pull(user.personalSpace(), 0));
      client
          .await(
              id,
              chunk -> {
                JsonNode data = chunk.get("data");
                if (chunk.get("name").textValue().equals("pull.record")) {
                  found
                      .computeIfAbsent(data.get("cursor").longValue(), cursor -> new ArrayList<>())
                      .add(number(data));
                }
              })
          .ok();
    }
    assertThat(found.keySet()).containsAll(numberByCursor.keySet());
    assertThat(found.size() - numberByCursor.size()).isBetween(0, 1);
    found.forEach(
        (cursor, numbers) -> {
          int expected = numberByCursor.getOrDefault(cursor, attempts);
          assertThat(numbers)
              .as("push at cursor %s", cursor)
              .hasSize(CHANGES)
              .containsOnly(expected);
        });
  }

  private static int number(JsonNode record) {
    try {
      return ByteBuffer.wrap(record.get("blob").binaryValue()).getInt();
    } catch (java.io.IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
