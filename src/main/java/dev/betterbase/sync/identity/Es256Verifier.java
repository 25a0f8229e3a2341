package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.impl.BaseJWSProvider;
import com.nimbusds.jose.util.Base64URL;
import dev.betterbase.sync.protocol.Sha256;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Set;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.ECPoint;

/**
 * Verifies ES256 signatures of one key (RFC 7518, 3.4). Safe for use by many threads.
 *
 * <p>It uses BouncyCastle's own classes. They take an eighth of the time that Nimbus' {@code
 * ECDSAVerifier} takes with the JDK's provider. With BouncyCastle's provider, that class takes
 * twice as long as they do, and half a second of the start. {@link CompactJws} checks the header.
 */
final class Es256Verifier extends BaseJWSProvider implements JWSVerifier {
  private static final X9ECParameters P256 = CustomNamedCurves.getByName("secp256r1");
  private static final ECDomainParameters DOMAIN = new ECDomainParameters(P256);

  /** Bytes of each of the two numbers of a signature. */
  private static final int NUMBER = 32;

  private final ECPublicKeyParameters key;

  /**
   * @throws IllegalArgumentException unless the point lies on P-256 and is not at infinity
   */
  Es256Verifier(ECPoint point) {
    super(Set.of(JWSAlgorithm.ES256));
    key = new ECPublicKeyParameters(point, DOMAIN);
  }

  /**
   * The same for a point by its coordinates.
   *
   * @throws IllegalArgumentException unless it lies on P-256
   */
  static Es256Verifier of(BigInteger x, BigInteger y) {
    return new Es256Verifier(P256.getCurve().createPoint(x, y));
  }

  @Override
  public boolean verify(JWSHeader header, byte[] signingInput, Base64URL signature) {
    byte[] numbers = signature.decode();
    if (!JWSAlgorithm.ES256.equals(header.getAlgorithm()) || numbers.length != 2 * NUMBER) {
      return false;
    }
    // It asks itself that both numbers lie between 0 and the order of the curve.
    var verification = new ECDSASigner();
    verification.init(false, key);
    return verification.verifySignature(
        Sha256.of(signingInput),
        new BigInteger(1, Arrays.copyOf(numbers, NUMBER)),
        new BigInteger(1, Arrays.copyOfRange(numbers, NUMBER, numbers.length)));
  }
}
