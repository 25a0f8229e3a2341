package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.settings.SecretsKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals the seeds of signing keys for the database (storage.md, Table federation_signing_keys). A
 * sealed seed is 69 bytes: a version, the id of the sealing key (8 bytes), a nonce (12 bytes), and
 * the seed under AES-256-GCM with its tag. The id and the public key of the signing key are
 * authenticated with it, so a sealed seed opens only in its own row.
 *
 * <p>It protects the keys in a copy of the database, such as a backup. Somebody who can write to
 * the database can still store a key of their own, because keys that are not sealed go on working.
 */
public final class KeySeal {
  private static final byte VERSION = 1;
  private static final int KEY_ID_BYTES = 8;
  private static final int HEADER_BYTES = 1 + KEY_ID_BYTES;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  /** The length of a sealed seed, in bytes. */
  static final int LENGTH = HEADER_BYTES + NONCE_BYTES + SigningKey.LENGTH + TAG_BITS / 8;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Optional<SealingKey> sealing;
  private final List<SealingKey> opening;

  private KeySeal(Optional<SealingKey> sealing, List<SealingKey> opening) {
    this.sealing = sealing;
    this.opening = opening;
  }

  /** Seals with the current key, if there is one, and opens what either key has sealed. */
  public static KeySeal of(SecretsKeys keys) {
    Optional<SealingKey> current = keys.current().map(SealingKey::of);
    return new KeySeal(
        current,
        Stream.concat(current.stream(), keys.previous().stream().map(SealingKey::of)).toList());
  }

  /** Opens the same seeds, but stores new ones as they are. */
  public KeySeal withoutSealing() {
    return new KeySeal(Optional.empty(), opening);
  }

  /** Whether seeds are sealed. */
  public boolean isSealing() {
    return sealing.isPresent();
  }

  /**
   * The bytes that are stored for a key: its sealed seed, or the seed if there is no key to seal
   * with.
   */
  byte[] stored(SigningKey key) {
    if (sealing.isEmpty()) {
      return key.seed();
    }
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    byte[] header = sealing.get().header();
    byte[] row = row(key.id().toString(), key.publicKey());
    try {
      byte[] sealed =
          sealing.get().cipher(Cipher.ENCRYPT_MODE, nonce, header, row).doFinal(key.seed());
      return ByteBuffer.allocate(LENGTH).put(header).put(nonce).put(sealed).array();
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * The seed of a row.
   *
   * @throws SealedSeed if it is sealed and does not open
   */
  byte[] seed(String kid, byte[] publicKey, byte[] stored) throws SealedSeed {
    if (stored.length != LENGTH) {
      return stored;
    }
    byte[] header = Arrays.copyOf(stored, HEADER_BYTES);
    SealingKey key =
        opening.stream()
            .filter(each -> Arrays.equals(each.header(), header))
            .findFirst()
            .orElseThrow(() -> unknownKey(kid));
    byte[] nonce = Arrays.copyOfRange(stored, HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
    try {
      return key.cipher(Cipher.DECRYPT_MODE, nonce, header, row(kid, publicKey))
          .doFinal(stored, HEADER_BYTES + NONCE_BYTES, LENGTH - HEADER_BYTES - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      throw new SealedSeed("the signing key " + kid + " was changed in the database", e);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private SealedSeed unknownKey(String kid) {
    return new SealedSeed(
        "the signing key "
            + kid
            + (opening.isEmpty()
                ? " is sealed: set SECRETS_KEY to the key that sealed it"
                : " is sealed with another key than SECRETS_KEY and SECRETS_PREVIOUS_KEY: set one"
                    + " of them to the key that sealed it"),
        null);
  }

  private static byte[] row(String kid, byte[] publicKey) {
    byte[] name = ("federation_signing_keys\0" + kid + "\0").getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(name.length + publicKey.length).put(name).put(publicKey).array();
  }

  private record SealingKey(SecretKeySpec key, byte[] header) {
    static SealingKey of(Secret hex) {
      byte[] bytes = HexFormat.of().parseHex(hex.value());
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update("betterbase-sync secrets key id\0".getBytes(StandardCharsets.UTF_8));
        byte[] id = Arrays.copyOf(digest.digest(bytes), KEY_ID_BYTES);
        byte[] header = ByteBuffer.allocate(HEADER_BYTES).put(VERSION).put(id).array();
        return new SealingKey(new SecretKeySpec(bytes, "AES"), header);
      } catch (NoSuchAlgorithmException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    Cipher cipher(int mode, byte[] nonce, byte[] header, byte[] row)
        throws GeneralSecurityException {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(header);
      cipher.updateAAD(row);
      return cipher;
    }
  }
}
