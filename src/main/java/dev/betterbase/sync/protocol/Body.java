package dev.betterbase.sync.protocol;

/**
 * Writes the value that a frame carries: a result, the params of a notification, the data of a
 * chunk.
 */
@FunctionalInterface
public interface Body {
  /** Writes exactly one CBOR value. */
  void write(CborWriter writer);
}
