package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.KeyId;
import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * An Ed25519 key of this server (RFC 8032), by which it shows its peers who it is.
 *
 * @param id where peers find the public half
 * @param seed the private half, 32 bytes; never leaves this class but to be stored or printed on
 *     demand
 */
public record SigningKey(KeyId id, byte[] seed) {

  /** Length of the seed, and of the public key, in bytes. */
  public static final int LENGTH = 32;

  /**
   * @throws IllegalArgumentException where the seed has another length
   */
  public SigningKey {
    if (seed.length != LENGTH) {
      throw new IllegalArgumentException("a seed is 32 bytes");
    }
  }

  /** Makes a new one. */
  public static SigningKey generate(KeyId id) {
    byte[] seed = new byte[LENGTH];
    new SecureRandom().nextBytes(seed);
    return new SigningKey(id, seed);
  }

  /** The public half, 32 bytes. */
  public byte[] publicKey() {
    return new Ed25519PrivateKeyParameters(seed).generatePublicKey().getEncoded();
  }

  /** The public half in base64url without padding, as a JWK and the settings have it. */
  public String publicKeyText() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(publicKey());
  }

  byte[] sign(byte[] text) {
    var signer = new Ed25519Signer();
    signer.init(true, new Ed25519PrivateKeyParameters(seed));
    signer.update(text, 0, text.length);
    return signer.generateSignature();
  }

  /** Names the key, and shows nothing of it. */
  @Override
  public String toString() {
    return "SigningKey[" + id + "]";
  }
}
