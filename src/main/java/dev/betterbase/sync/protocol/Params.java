package dev.betterbase.sync.protocol;

/**
 * The params of one frame: well-formed CBOR that is not decoded yet. It keeps the whole message in
 * memory, so it should not outlive the decoding.
 */
public final class Params {
  private static final int NOT_GIVEN = -1;

  private final byte[] message;
  private final int position;

  /**
   * @param position the index of the first byte of the value
   */
  Params(byte[] message, int position) {
    this.message = message;
    this.position = position;
  }

  static Params notGiven() {
    return new Params(new byte[0], NOT_GIVEN);
  }

  /**
   * A copy of the value as it was sent.
   *
   * @throws Failure.InvalidParams if the frame has none
   */
  public Encoded encoded() {
    if (position == NOT_GIVEN) {
      throw new Failure.InvalidParams();
    }
    var cursor = new CborCursor(message, position);
    cursor.skip(0);
    return cursor.encodedFrom(position);
  }

  /**
   * A new reader, positioned before the value.
   *
   * @throws Failure.InvalidParams if the frame has no params
   */
  public CborReader reader() {
    if (position == NOT_GIVEN) {
      throw new Failure.InvalidParams();
    }
    return new CborReader(message, position);
  }
}
