package dev.betterbase.sync;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The test vectors of the protocol, in {@code src/test/resources/vectors}. */
public final class Vectors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Vectors() {}

  /**
   * A test vector.
   *
   * @param name its name, unique in its file
   * @param fields all its fields, including the name
   */
  public record Vector(String name, JsonNode fields) {
    /** The text of a field, which must exist. */
    public String text(String field) {
      return fields.required(field).textValue();
    }

    /** The bytes of a field of hex digits, which must exist. */
    public byte[] hex(String field) {
      return HexFormat.of().parseHex(text(field));
    }

    /** The field {@code expect}, which must exist. */
    public JsonNode expect() {
      return fields.required("expect");
    }

    /** Whether the input must be refused. */
    public boolean expectsError() {
      return expect().path("error").asBoolean();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** All vectors of a file, such as {@code frames.json}. */
  public static Stream<Vector> of(String file) {
    List<Vector> cases = new ArrayList<>();
    for (JsonNode fields : document(file).required("cases")) {
      cases.add(new Vector(fields.required("name").textValue(), fields));
    }
    if (cases.isEmpty()) {
      throw new IllegalStateException("no cases in " + file);
    }
    return cases.stream();
  }

  /** The vectors of one kind in a file such as {@code identity.json}. */
  public static Stream<Vector> of(String file, String kind) {
    List<Vector> cases = of(file).filter(c -> c.text("kind").equals(kind)).toList();
    if (cases.isEmpty()) {
      throw new IllegalStateException("no cases of kind " + kind + " in " + file);
    }
    return cases.stream();
  }

  /** The whole content of a file. */
  public static JsonNode document(String file) {
    try (var in = Vectors.class.getResourceAsStream("/vectors/" + file)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The CBOR value that a JSON value stands for: an ordered {@link Map}, a {@link List}, a {@link
   * String}, a {@link Long}, a {@link Boolean} or, for {@code $hex}, a {@link ByteBuffer}. All of
   * these compare by content.
   */
  public static Object value(JsonNode json) {
    if (json.has("$hex")) {
      return ByteBuffer.wrap(HexFormat.of().parseHex(json.get("$hex").textValue()));
    }
    if (json.has("$int")) {
      return Long.parseLong(json.get("$int").textValue());
    }
    return switch (json.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        json.properties().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        json.forEach(element -> list.add(value(element)));
        yield list;
      }
      case STRING -> json.textValue();
      case NUMBER -> json.longValue();
      case BOOLEAN -> json.booleanValue();
      default -> throw new IllegalArgumentException("not a CBOR value: " + json);
    };
  }
}
