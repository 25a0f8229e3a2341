package dev.betterbase.sync.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A P-256 key of a member, with the DID that is derived from it (auth.md, did:key). */
public final class TestKey {
  private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

  private final ECKey key;

  private TestKey(ECKey key) {
    this.key = key;
  }

  /** A new key. */
  public static TestKey create() {
    try {
      return new TestKey(new ECKeyGenerator(Curve.P_256).generate());
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The public key as a compressed point of 33 bytes. */
  public byte[] compressed() {
    byte[] x = key.getX().decode();
    byte[] y = key.getY().decode();
    byte[] point = new byte[33];
    point[0] = (byte) (2 + (y[y.length - 1] & 1));
    System.arraycopy(x, 0, point, 1, x.length);
    return point;
  }

  /** The DID: {@code did:key:z} and the base58btc of the multicodec 0x1200 and the point. */
  public String did() {
    byte[] named =
        ByteBuffer.allocate(35).put((byte) 0x80).put((byte) 0x24).put(compressed()).array();
    StringBuilder text = new StringBuilder();
    BigInteger base = BigInteger.valueOf(BASE58.length());
    for (BigInteger rest = new BigInteger(1, named); rest.signum() > 0; rest = rest.divide(base)) {
      text.insert(0, BASE58.charAt(rest.mod(base).intValue()));
    }
    return "did:key:z" + text;
  }

  /** A builder of a UCAN that this key signs. */
  public TestUcan ucan() {
    return new TestUcan(this);
  }

  ECDSASigner signer() throws JOSEException {
    return new ECDSASigner(key);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TestKey same && Arrays.equals(same.compressed(), compressed());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(compressed());
  }
}
