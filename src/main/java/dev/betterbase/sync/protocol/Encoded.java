package dev.betterbase.sync.protocol;

/**
 * A value that is already encoded: it came from another server and is passed on as it is.
 *
 * @param cbor exactly one well-formed CBOR value; must not be changed
 */
public record Encoded(byte[] cbor) implements Body {
  /** A reader of the value. Each call returns a new one. */
  public CborReader reader() {
    return new CborReader(cbor, 0);
  }

  /** Not for values within others, whose writer must know what they hold. */
  @Override
  public void write(CborWriter writer) {
    throw new IllegalStateException("an encoded value stands at the end of a frame");
  }
}
