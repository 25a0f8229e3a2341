package dev.betterbase.sync.identity;

import java.util.Arrays;
import java.util.Optional;

/**
 * A P-256 public key as a {@code did:key} (auth.md, did:key): {@code did:key:z}, then base58btc of
 * the multicodec 0x1200 as a varint (bytes {@code 80 24}) and the compressed point. One key has
 * exactly one such name.
 */
public final class DidKey {
  private static final String PREFIX = "did:key:z";
  private static final int MAX_BASE58_LENGTH = 256;
  private static final byte[] MULTICODEC = {(byte) 0x80, 0x24};

  private DidKey() {}

  /** The key that this text names; empty if it names none. Text of any length is taken. */
  public static Optional<P256Point> parse(String did) {
    if (!did.startsWith(PREFIX) || did.length() > PREFIX.length() + MAX_BASE58_LENGTH) {
      return Optional.empty();
    }
    return Base58.decode(did.substring(PREFIX.length()))
        .filter(bytes -> bytes.length == MULTICODEC.length + P256Point.LENGTH)
        .filter(bytes -> Arrays.equals(bytes, 0, MULTICODEC.length, MULTICODEC, 0, 2))
        .flatMap(
            bytes -> P256Point.decode(Arrays.copyOfRange(bytes, MULTICODEC.length, bytes.length)));
  }

  /** The name of this key. */
  public static String format(P256Point key) {
    byte[] bytes = Arrays.copyOf(MULTICODEC, MULTICODEC.length + P256Point.LENGTH);
    System.arraycopy(key.compressed(), 0, bytes, MULTICODEC.length, P256Point.LENGTH);
    return PREFIX + Base58.encode(bytes);
  }
}
