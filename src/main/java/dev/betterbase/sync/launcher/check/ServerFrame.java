package dev.betterbase.sync.launcher.check;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A frame from the server, as a tree of maps, lists, strings, longs, booleans and read-only {@link
 * ByteBuffer}s (which compare by content). The server's own reader cannot be used here: it reads
 * only the frames that clients send.
 *
 * @param fields the fields of the frame; empty for the keepalive
 */
record ServerFrame(Map<String, Object> fields) {

  private static final CBORFactory CBOR = new CBORFactory();

  static ServerFrame read(byte[] message) throws StepFailed {
    try (JsonParser parser = CBOR.createParser(message)) {
      JsonToken first = parser.nextToken();
      if (first == JsonToken.VALUE_NULL) {
        return new ServerFrame(Map.of());
      }
      if (first == JsonToken.START_OBJECT) {
        return new ServerFrame(map(parser));
      }
    } catch (IOException malformed) {
      throw new StepFailed("the server sent a frame that is not CBOR");
    }
    throw new StepFailed("the server sent a frame that is not a map");
  }

  private static Map<String, Object> map(JsonParser parser) throws IOException {
    Map<String, Object> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      value(parser).ifPresent(value -> entries.put(key, value));
    }
    return entries;
  }

  private static List<Object> list(JsonParser parser) throws IOException {
    List<Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      value(parser).ifPresent(elements::add);
    }
    return elements;
  }

  private static Optional<Object> value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> Optional.of(map(parser));
      case START_ARRAY -> Optional.of(list(parser));
      case VALUE_STRING -> Optional.of(parser.getText());
      case VALUE_NUMBER_INT -> Optional.of(parser.getLongValue());
      case VALUE_TRUE -> Optional.of(true);
      case VALUE_FALSE -> Optional.of(false);
      case VALUE_EMBEDDED_OBJECT ->
          Optional.of(ByteBuffer.wrap(parser.getBinaryValue()).asReadOnlyBuffer());
      case VALUE_NULL -> Optional.empty();
      default -> throw new IOException("a CBOR type that the protocol does not use");
    };
  }

  boolean isReplyTo(String id) {
    return number(fields, "type") == 1 && id.equals(fields.get("id"));
  }

  boolean isChunkOf(String id) {
    return number(fields, "type") == 3 && id.equals(fields.get("id"));
  }

  boolean isNotification(String method) {
    return number(fields, "type") == 2 && method.equals(fields.get("method"));
  }

  /**
   * The map under a key of the frame ({@code result}, {@code params}, {@code data}, {@code error});
   * empty if the frame has none.
   */
  Map<String, Object> part(String key) {
    return asMap(fields.get(key));
  }

  /** The integer under a key, or -1 if there is none. */
  static long number(Map<String, Object> map, String key) {
    return map.get(key) instanceof Long number ? number : -1;
  }

  /** The maps in the list under a key; empty if there is no list. */
  static List<Map<String, Object>> maps(Map<String, Object> map, String key) {
    return map.get(key) instanceof List<?> list
        ? list.stream().map(ServerFrame::asMap).toList()
        : List.of();
  }

  private static Map<String, Object> asMap(@Nullable Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      return Map.of();
    }
    Map<String, Object> typed = new LinkedHashMap<>();
    map.forEach((key, element) -> typed.put((String) key, element));
    return typed;
  }
}
