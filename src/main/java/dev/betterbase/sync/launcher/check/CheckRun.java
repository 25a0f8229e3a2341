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
 * One run of {@code check}: two clients of one user against a running server. The first writes a
 * record and deletes it, the second sees both as they happen, and again when it asks. What stays is
 * one tombstone in the user's personal space.
 */
public final class CheckRun {

  /** The longest wait for anything in a step. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int BLOB_BYTES = 256;
  private static final int DEK_BYTES = 44;

  /** What a step does: gives its result, or says why it failed. */
  private interface Step<T> {
    T run() throws StepFailed, InterruptedException;
  }

  private final URI url;
  private final Optional<String> givenToken;
  private final PrintWriter out;
  private final SecureRandom random = new SecureRandom();
  private final String record = UUID.randomUUID().toString();

  /**
   * @param url of the server's WebSocket, ws or wss
   * @param givenToken the token to connect with; without it the development issuer is asked
   * @param out where each step is told
   */
  CheckRun(URI url, Optional<String> givenToken, PrintWriter out) {
    this.url = url;
    this.givenToken = givenToken;
    this.out = out;
  }

  /**
   * Runs all steps.
   *
   * @return whether all went well; the output says what did not
   */
  boolean run() throws InterruptedException {
    HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    try {
      CheckToken token =
          step(
              givenToken.isPresent() ? "token given" : "token from the development issuer",
              () ->
                  givenToken.isPresent()
                      ? CheckToken.given(givenToken.get())
                      : CheckToken.ofDevelopmentIssuer(http, url, PATIENCE));
      try (CheckClient first =
              step(
                  "first client connects",
                  () -> CheckClient.connect(http, url, token.text(), PATIENCE));
          CheckClient second =
              step(
                  "second client connects",
                  () -> CheckClient.connect(http, url, token.text(), PATIENCE))) {
        sync(first, second, token.space());
      }
      out.println("All is well: the two clients were in sync.");
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
        step("second subscribes to the space", () -> subscribe(second, space));
    long before = orZero(subscribed, "cursor");
    byte[] blob = randomBytes(BLOB_BYTES);
    byte[] dek = randomBytes(DEK_BYTES);
    ByteBuffer.wrap(dek).putInt((int) orZero(subscribed, "key_generation"));

    long pushedAt = System.nanoTime();
    long written =
        step(
            "first pushes a record",
            () -> push(first, space, change -> newRecord(change, record, blob, dek)));
    step("second gets it by sync, since the push began", pushedAt, () -> awaitSync(second, blob));
    step("second pulls it", () -> pull(second, space, before, blob));

    long deletedAt = System.nanoTime();
    step(
        "first deletes the record",
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
    step("second gets that by sync, since the delete began", deletedAt, () -> awaitSync(second));
    step("second pulls the tombstone", () -> pull(second, space, written));
  }

  private static Map<String, Object> subscribe(CheckClient client, String space)
      throws StepFailed, InterruptedException {
    Map<String, Object> result = client.call("subscribe", params -> spaces(params, space, 0));
    for (Map<String, Object> error : ServerFrame.maps(result, "errors")) {
      throw new StepFailed("the space was refused: " + error.get("error"));
    }
    return ServerFrame.maps(result, "spaces").stream()
        .findFirst()
        .orElseThrow(() -> new StepFailed("the reply names no space"));
  }

  /** Writes the change that makes a record. */
  public static void newRecord(CBORGenerator change, String id, byte[] blob, byte[] dek)
      throws IOException {
    change.writeStartObject();
    change.writeStringField("id", id);
    change.writeBinaryField("blob", blob);
    change.writeNumberField("expected_cursor", 0);
    change.writeBinaryField("dek", dek);
    change.writeEndObject();
  }

  /** Pushes changes, which the last argument writes one after the other; gives the new cursor. */
  public static long push(CheckClient client, String space, ClientFrame.Params change)
      throws StepFailed, InterruptedException {
    Map<String, Object> result =
        client.call(
            "push",
            params -> {
              params.writeStartObject();
              params.writeStringField("space", space);
              params.writeArrayFieldStart("changes");
              change.write(params);
              params.writeEndArray();
              params.writeEndObject();
            });
    if (!Boolean.TRUE.equals(result.get("ok"))) {
      throw new StepFailed("the push was refused: " + result.get("error"));
    }
    return ServerFrame.number(result, "cursor");
  }

  /**
   * @param blob what the record must hold; without it the record must be a tombstone
   */
  private Map<String, Object> awaitSync(CheckClient client, byte... blob)
      throws StepFailed, InterruptedException {
    List<Map<String, Object>> found = new ArrayList<>();
    client.receive(
        "no sync came",
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
      throw new StepFailed("the record came " + found.size() + " times, and not once");
    }
    Map<String, Object> change = found.getFirst();
    boolean deleted = Boolean.TRUE.equals(change.get("deleted"));
    if (blob.length == 0) {
      if (!deleted || change.containsKey("blob")) {
        throw new StepFailed("the record came, but is no tombstone");
      }
    } else if (deleted || !ByteBuffer.wrap(blob).equals(change.get("blob"))) {
      throw new StepFailed("the record came, but not with what was pushed");
    }
    return change;
  }

  /** The params that name one space and a cursor. */
  public static void spaces(CBORGenerator params, String space, long since) throws IOException {
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

  /** Where a field of a reply is left out, it is zero. */
  private static long orZero(Map<String, Object> map, String key) {
    return Math.max(0, ServerFrame.number(map, key));
  }

  private byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
