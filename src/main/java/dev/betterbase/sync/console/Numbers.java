package dev.betterbase.sync.console;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;

/** Figures in JSON, which has no NaN and needs no 17 digits. */
final class Numbers {
  private static final MathContext DIGITS = new MathContext(6);

  private Numbers() {}

  /** A figure; null in JSON if there is none. Whole numbers keep all of their digits. */
  static JsonValue of(double value) {
    if (!Double.isFinite(value)) {
      return JsonValue.NULL;
    }
    return value == Math.rint(value)
        ? Json.createValue((long) value)
        : Json.createValue(new BigDecimal(value, DIGITS));
  }

  /** Figures by name. */
  static JsonObject of(Map<String, Double> values) {
    JsonObjectBuilder all = Json.createObjectBuilder();
    values.forEach((name, value) -> all.add(name, of(value)));
    return all.build();
  }
}
