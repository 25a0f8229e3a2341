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

/** The machine-readable cases of the contract, in {@code src/test/resources/vectors}. */
public final class Vectors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Vectors() {}

  /**
   * One case.
   *
   * @param fields the whole case
   */
  public record Vector(String name, JsonNode fields) {
    /** A text field that must be there. */
    public String text(String field) {
      return fields.required(field).textValue();
    }

    /** A field of hex digits that must be there. */
    public byte[] hex(String field) {
      return HexFormat.of().parseHex(text(field));
    }

    public JsonNode expect() {
      return fields.required("expect");
    }

    /** Whether {@code expect} says that the input must be refused. */
    public boolean expectsError() {
      return expect().path("error").asBoolean();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** All cases of a file, such as {@code frames.json}. */
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

  /** The cases of one {@code kind} in a file such as {@code identity.json}. */
  public static Stream<Vector> of(String file, String kind) {
    List<Vector> cases = of(file).filter(c -> c.text("kind").equals(kind)).toList();
    if (cases.isEmpty()) {
      throw new IllegalStateException("no cases of kind " + kind + " in " + file);
    }
    return cases.stream();
  }

  /** A file as it stands. */
  public static JsonNode document(String file) {
    try (var in = Vectors.class.getResourceAsStream("/vectors/" + file)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The CBOR value that a JSON value stands for, made of {@link Map} in order, {@link List}, {@link
   * String}, {@link Long}, {@link Boolean} and, for {@code $hex}, {@link ByteBuffer}, all of which
   * compare by content.
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
      default -> throw new IllegalArgumentException("no CBOR value: " + json);
    };
  }
}
