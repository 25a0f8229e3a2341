package dev.betterbase.sync.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes and reads values of {@code Vectors.value} in the way handlers do. */
final class CborValues {
  private CborValues() {}

  static void write(CborWriter writer, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        writer.beginMap(map.size());
        map.forEach(
            (key, element) -> {
              writer.key((String) key);
              write(writer, element);
            });
        writer.endMap();
      }
      case List<?> list -> {
        writer.beginList(list.size());
        list.forEach(element -> write(writer, element));
        writer.endList();
      }
      case String text -> writer.text(text);
      case Long integer -> writer.integer(integer);
      case Boolean bool -> writer.bool(bool);
      case ByteBuffer bytes -> writer.bytes(content(bytes));
      default -> throw new IllegalArgumentException("no CBOR value: " + value);
    }
  }

  static byte[] content(ByteBuffer bytes) {
    byte[] content = new byte[bytes.remaining()];
    bytes.duplicate().get(content);
    return content;
  }

  /** Reads the entries of {@code like} with the accessors of their types, and skips the rest. */
  static Object read(CborReader reader, Object like) {
    return switch (like) {
      case Map<?, ?> map -> {
        Map<String, Object> read = new LinkedHashMap<>();
        reader.beginMap();
        for (String key; (key = reader.nextKey()) != null; ) {
          if (map.containsKey(key)) {
            read.put(key, read(reader, map.get(key)));
          } else {
            reader.skip();
          }
        }
        yield read;
      }
      case List<?> list -> {
        List<Object> read = new ArrayList<>();
        reader.beginList();
        while (reader.hasNext()) {
          if (read.size() < list.size()) {
            read.add(read(reader, list.get(read.size())));
          } else {
            reader.skip();
            read.add("one too many");
          }
        }
        yield read;
      }
      case String text -> reader.text();
      case Long integer -> reader.int64();
      case Boolean bool -> reader.bool();
      case ByteBuffer bytes -> ByteBuffer.wrap(reader.bytes());
      default -> throw new IllegalArgumentException("no CBOR value: " + like);
    };
  }
}
