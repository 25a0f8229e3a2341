package dev.betterbase.sync.launcher.check;

import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One run of {@code check}: two clients of one user against a running server. The first client
 * pushes a record and deletes it. The second must receive both changes by {@code sync}, and again
 * by {@code pull}. One tombstone stays in the user's personal space.
 */
final class CheckRun {

  /** The time-out of each wait in a step. */
  static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final int BLOB_BYTES = 256;
  private static final int DEK_BYTES = 44;

  /** The action of a step. */
  private interface Step<T> {
    T run() throws StepFailed, InterruptedException;
  }

  private final URI url;
  private final Optional<String> givenToken;
  private final PrintWriter out;
  private final SecureRandom random = new SecureRandom();
  private final String record = UUID.randomUUID().toString();

  /**
   * @param url the WebSocket URL of the server, ws or wss
   * @param givenToken an access token; if empty, the run gets one from the development issuer
   * @param out receives a line for each step
   */
  CheckRun(URI url, Optional<String> givenToken, PrintWriter out) {
    this.url = url;
    this.givenToken = givenToken;
    this.out = out;
  }

  /**
   * Runs all steps.
   *
   * @return whether all steps succeeded; the output names the step that failed
   */
  boolean run() throws InterruptedException {
    HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    try {
      CheckToken token =
          step(
              givenToken.isPresent()
                  ? "read the given token"
                  : "get a token from the development issuer",
              () ->
                  givenToken.isPresent()
                      ? CheckToken.given(givenToken.get())
                      : CheckToken.ofDevelopmentIssuer(http, url, TIMEOUT));
      try (CheckClient first =
              step(
                  "connect the first client",
                  () -> CheckClient.connect(http, url, token.text(), TIMEOUT));
          CheckClient second =
              step(
                  "connect the second client",
                  () -> CheckClient.connect(http, url, token.text(), TIMEOUT))) {
        sync(first, second, token.space());
      }
      out.println("All steps succeeded: the two clients stayed in sync.");
      return true;
    } catch (StepFailed reported) {
      return false;
    } finally {
      out.flush();
      http.shutdownNow();
    }
  }

  private void sync(CheckClient first, CheckClient second, String space)
      throws StepFailed, InterruptedException {
    Map<String, Object> subscribed =
        step("subscribe the second client to the space", () -> subscribe(second, space));
    long before = orZero(subscribed, "cursor");
    byte[] blob = randomBytes(BLOB_BYTES);
    byte[] dek = randomBytes(DEK_BYTES);
    ByteBuffer.wrap(dek).putInt((int) orZero(subscribed, "key_generation"));

    long pushedAt = System.nanoTime();
    long written =
        step(
            "push a record with the first client",
            () -> push(first, space, change -> newRecord(change, record, blob, dek)));
    step(
        "receive it by sync on the second client (time since the push began)",
        pushedAt,
        () -> awaitSync(second, blob));
    step("pull it with the second client", () -> pull(second, space, before, blob));

    long deletedAt = System.nanoTime();
    step(
        "delete the record with the first client",
        () ->
            push(
                first,
                space,
                change -> {
                  change.writeStartObject();
                  change.writeStringField("id", record);
                  change.writeNumberField("expected_cursor", written);
                  change.writeEndObject();
                }));
    step(
        "receive the deletion by sync on the second client (time since the delete began)",
        deletedAt,
        () -> awaitSync(second));
    step("pull the tombstone with the second client", () -> pull(second, space, written));
  }

  private static Map<String, Object> subscribe(CheckClient client, String space)
      throws StepFailed, InterruptedException {
    Map<String, Object> result = client.call("subscribe", params -> spaces(params, space, 0));
    for (Map<String, Object> error : ServerFrame.maps(result, "errors")) {
      throw new StepFailed("the server refused the space: " + error.get("error"));
    }
    return ServerFrame.maps(result, "spaces").stream()
        .findFirst()
        .orElseThrow(() -> new StepFailed("the reply names no space"));
  }

  /** Writes the change that creates a record. */
  static void newRecord(CBORGenerator change, String id, byte[] blob, byte[] dek)
      throws IOException {
    change.writeStartObject();
    change.writeStringField("id", id);
    change.writeBinaryField("blob", blob);
    change.writeNumberField("expected_cursor", 0);
    change.writeBinaryField("dek", dek);
    change.writeEndObject();
  }

  /**
   * Pushes changes to a space.
   *
   * @param changes writes the changes one after the other
   * @return the new cursor of the space
   */
  static long push(CheckClient client, String space, ClientFrame.Params changes)
      throws StepFailed, InterruptedException {
    Map<String, Object> result =
        client.call(
            "push",
            params -> {
              params.writeStartObject();
              params.writeStringField("space", space);
              params.writeArrayFieldStart("changes");
              changes.write(params);
              params.writeEndArray();
              params.writeEndObject();
            });
    if (!Boolean.TRUE.equals(result.get("ok"))) {
      throw new StepFailed("the server refused the push: " + result.get("error"));
    }
    return ServerFrame.number(result, "cursor");
  }

  /**
   * Waits for a {@code sync} with the record.
   *
   * @param blob the expected blob; if empty, the record must be a tombstone
   */
  private Map<String, Object> awaitSync(CheckClient client, byte... blob)
      throws StepFailed, InterruptedException {
    List<Map<String, Object>> found = new ArrayList<>();
    client.receive(
        "no sync arrived",
        frame -> {
          if (frame.isNotification("sync")) {
            ServerFrame.maps(frame.part("params"), "records").stream()
                .filter(change -> record.equals(change.get("id")))
                .forEach(found::add);
          }
          return !found.isEmpty();
        });
    return expect(found, blob);
  }

  private Map<String, Object> pull(CheckClient client, String space, long since, byte... blob)
      throws StepFailed, InterruptedException {
    List<Map<String, Object>> found = new ArrayList<>();
    client.stream(
        "pull",
        params -> spaces(params, space, since),
        chunk -> {
          if (record.equals(chunk.part("data").get("id"))) {
            found.add(chunk.part("data"));
          }
        });
    return expect(found, blob);
  }

  private static Map<String, Object> expect(List<Map<String, Object>> found, byte[] blob)
      throws StepFailed {
    if (found.size() != 1) {
      throw new StepFailed("expected the record once, but received it " + found.size() + " times");
    }
    Map<String, Object> change = found.getFirst();
    boolean deleted = Boolean.TRUE.equals(change.get("deleted"));
    if (blob.length == 0) {
      if (!deleted || change.containsKey("blob")) {
        throw new StepFailed("the record arrived, but it is not a tombstone");
      }
    } else if (deleted || !ByteBuffer.wrap(blob).equals(change.get("blob"))) {
      throw new StepFailed("the record arrived, but its blob is not the one that was pushed");
    }
    return change;
  }

  /** Writes params with one space and a cursor. */
  static void spaces(CBORGenerator params, String space, long since) throws IOException {
    params.writeStartObject();
    params.writeArrayFieldStart("spaces");
    params.writeStartObject();
    params.writeStringField("id", space);
    params.writeNumberField("since", since);
    params.writeEndObject();
    params.writeEndArray();
    params.writeEndObject();
  }

  private <T> T step(String name, Step<T> step) throws StepFailed, InterruptedException {
    return step(name, System.nanoTime(), step);
  }

  private <T> T step(String name, long startedAt, Step<T> step)
      throws StepFailed, InterruptedException {
    try {
      T result = step.run();
      double milliseconds = (System.nanoTime() - startedAt) / 1e6;
      out.printf(Locale.ROOT, "ok     %9.1f ms  %s%n", milliseconds, name);
      out.flush();
      return result;
    } catch (StepFailed failure) {
      out.printf(Locale.ROOT, "FAILED               %s: %s%n", name, failure.getMessage());
      throw failure;
    }
  }

  /** The number under a key. A server leaves out a field whose value is zero. */
  private static long orZero(Map<String, Object> map, String key) {
    return Math.max(0, ServerFrame.number(map, key));
  }

  private byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
