package dev.betterbase.sync.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Params of requests, as maps with the field names of methods.md. */
public final class Requests {
  /** What payloads begin with, for a search of the logs. Its length is a multiple of 3. */
  public static final String PAYLOAD_MARK = "Payload!!";

  private Requests() {}

  /** An ordered map of the arguments: key, value, key, value. Values may be null. */
  public static Map<String, Object> map(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  /** A new record id. */
  public static String newId() {
    return UUID.randomUUID().toString();
  }

  /** Params of a push. */
  public static Map<String, Object> push(String space, Object... changes) {
    return push(space, List.of(changes));
  }

  /** Params of a push. */
  public static Map<String, Object> push(String space, List<?> changes) {
    return map("space", space, "changes", changes);
  }

  /** A change that writes a record. */
  public static Map<String, Object> put(String id, long expectedCursor, byte[] blob) {
    return map("id", id, "blob", blob, "expected_cursor", expectedCursor);
  }

  /** A change that writes a record with its wrapped DEK. */
  public static Map<String, Object> put(String id, long expectedCursor, byte[] blob, byte[] dek) {
    return map("id", id, "blob", blob, "expected_cursor", expectedCursor, "dek", dek);
  }

  /** A change that deletes a record. */
  public static Map<String, Object> delete(String id, long expectedCursor) {
    return map("id", id, "expected_cursor", expectedCursor);
  }

  /** Params of a subscribe to one space. */
  public static Map<String, Object> subscribe(String space, long since) {
    return map("spaces", List.of(map("id", space, "since", since)));
  }

  /** Params of an unsubscribe from one space. */
  public static Map<String, Object> unsubscribe(String space) {
    return map("spaces", List.of(space));
  }

  /** Params of a pull of one space. */
  public static Map<String, Object> pull(String space, long since) {
    return map("spaces", List.of(map("id", space, "since", since)));
  }

  /** A wrapped DEK: the epoch as 4 bytes, big-endian, and 40 random bytes. */
  public static byte[] dek(int epoch) {
    byte[] dek = new byte[44];
    java.util.concurrent.ThreadLocalRandom.current().nextBytes(dek);
    java.nio.ByteBuffer.wrap(dek).putInt(epoch);
    return dek;
  }

  /** Random bytes, which do not compress, after {@link #PAYLOAD_MARK} if there is room for it. */
  public static byte[] blob(int length) {
    byte[] blob = new byte[length];
    java.util.concurrent.ThreadLocalRandom.current().nextBytes(blob);
    if (length >= 4 * PAYLOAD_MARK.length()) {
      byte[] mark = PAYLOAD_MARK.getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(mark, 0, blob, 0, mark.length);
    }
    return blob;
  }

  /** The content of a byte string in a reply. */
  public static byte[] bytes(JsonNode node) {
    try {
      return node.binaryValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
