package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.KeyId;
import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * An Ed25519 key of this server (RFC 8032), which authenticates it to its peers.
 *
 * @param id the key id: the URL where peers find the public key
 * @param seed the private key, 32 bytes; used outside this class only to be stored, or printed on
 *     demand
 */
public record SigningKey(KeyId id, byte[] seed) {

  /** Length of the seed, and of the public key, in bytes. */
  public static final int LENGTH = 32;

  /**
   * @throws IllegalArgumentException if the seed has another length
   */
  public SigningKey {
    if (seed.length != LENGTH) {
      throw new IllegalArgumentException("a seed is 32 bytes");
    }
  }

  /** Generates a new key. */
  public static SigningKey generate(KeyId id) {
    byte[] seed = new byte[LENGTH];
    new SecureRandom().nextBytes(seed);
    return new SigningKey(id, seed);
  }

  /** The public key, 32 bytes. */
  public byte[] publicKey() {
    return new Ed25519PrivateKeyParameters(seed).generatePublicKey().getEncoded();
  }

  /** The public key in base64url without padding, as in a JWK and in the settings. */
  public String publicKeyText() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(publicKey());
  }

  byte[] sign(byte[] text) {
    var signer = new Ed25519Signer();
    signer.init(true, new Ed25519PrivateKeyParameters(seed));
    signer.update(text, 0, text.length);
    return signer.generateSignature();
  }

  /** The key id, without any key material. */
  @Override
  public String toString() {
    return "SigningKey[" + id + "]";
  }
}
