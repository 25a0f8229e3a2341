package dev.betterbase.sync.protocol;

/**
 * A value that is encoded already: what came from another server and goes on as it is.
 *
 * @param cbor exactly one well-formed CBOR value; never changed
 */
public record Encoded(byte[] cbor) implements Body {
  /** Reads the value; each call starts anew. */
  public CborReader reader() {
    return new CborReader(cbor, 0);
  }

  /** Not for values within others, whose writer must know what they hold. */
  @Override
  public void write(CborWriter writer) {
    throw new IllegalStateException("an encoded value stands at the end of a frame");
  }
}
