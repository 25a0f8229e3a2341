package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.math.ec.ECPoint;
import org.jspecify.annotations.Nullable;

/**
 * A public key on the curve P-256 in its compressed form: 0x02 (y even) or 0x03 (y odd), then x, 32
 * bytes big-endian (SEC 1, 2.3.3). An instance is a point that lies on the curve.
 */
public final class P256Point {
  /** Length of the compressed form in bytes. */
  public static final int LENGTH = 33;

  private static final ECCurve CURVE = CustomNamedCurves.getByName("secp256r1").getCurve();

  private final byte[] compressed;
  private final ECPoint point;

  private P256Point(byte[] compressed, ECPoint point) {
    this.compressed = compressed;
    this.point = point;
  }

  /**
   * Takes the compressed form.
   *
   * @return empty unless these are 33 bytes, the first 0x02 or 0x03, and a point on the curve
   */
  public static Optional<P256Point> decode(byte[] compressed) {
    if (compressed.length != LENGTH || (compressed[0] != 2 && compressed[0] != 3)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new P256Point(compressed.clone(), CURVE.decodePoint(compressed)));
    } catch (IllegalArgumentException notOnCurve) {
      return Optional.empty();
    }
  }

  /** The 33 bytes of the compressed form; a copy. */
  public byte[] compressed() {
    return compressed.clone();
  }

  /** Verifies ES256 signatures (RFC 7518, 3.4) made with the private key of this one. */
  JWSVerifier verifier() {
    return new Es256Verifier(point);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof P256Point that && Arrays.equals(compressed, that.compressed);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(compressed);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(compressed);
  }
}
