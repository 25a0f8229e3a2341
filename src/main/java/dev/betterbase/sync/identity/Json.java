package dev.betterbase.sync.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.text.ParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON objects into String, Number, Boolean, List, Map, and null for JSON null. Text after
 * the object is an error, and so is nesting deeper than 1,000. Nimbus' own reader is not used,
 * because it accepts a list of pairs, or {@code null}, as an object.
 */
public final class Json {
  private static final ObjectReader LAST_COUNTS = reader(false);
  private static final ObjectReader NO_DUPLICATES = reader(true);

  private Json() {}

  private static ObjectReader reader(boolean noDuplicates) {
    return JsonMapper.builder()
        .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, noDuplicates)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build()
        .readerFor(new TypeReference<Map<String, Object>>() {});
  }

  /** Reads a text that the caller has bounded. Two members with one name are an error. */
  static Map<String, Object> strictObject(String text) throws ParseException {
    return read(NO_DUPLICATES, text);
  }

  /**
   * Reads a document of another server, which the caller has bounded. The last of several members
   * with one name counts, and a byte order mark is skipped (RFC 8259, section 8.1).
   */
  public static Map<String, Object> object(String text) throws ParseException {
    return read(LAST_COUNTS, text.startsWith("\uFEFF") ? text.substring(1) : text);
  }

  private static Map<String, Object> read(ObjectReader reader, String text) throws ParseException {
    @Nullable Map<String, Object> object;
    try {
      object = reader.readValue(text);
    } catch (JsonProcessingException malformed) {
      throw new ParseException("no JSON object", 0);
    }
    if (object == null) {
      throw new ParseException("no JSON object", 0);
    }
    return object;
  }
}
