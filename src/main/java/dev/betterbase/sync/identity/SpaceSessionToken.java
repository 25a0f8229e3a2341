package dev.betterbase.sync.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.HmacSha256;
import dev.betterbase.sync.protocol.SpaceId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * Makes and verifies space session tokens (auth.md, Space session token): a stateless capability of
 * 58 bytes, which is version 1 (1 byte), expiry in seconds since 1970, big-endian (8), permission 1
 * read, 2 write, 3 admin (1), random (16), HMAC-SHA256 of these 26 bytes and the space's id as text
 * (32). Safe for use by many threads.
 */
public final class SpaceSessionToken {
  /** Length of a token in bytes. */
  public static final int LENGTH = 58;

  /** Length of the key in bytes. */
  public static final int KEY_LENGTH = 32;

  private static final byte VERSION = 1;
  private static final int SIGNED_LENGTH = 26;
  private static final int RANDOM_LENGTH = 16;

  private final HmacSha256 key;
  private final SecureRandom random = new SecureRandom();

  /**
   * The session that a token allows.
   *
   * @param expiresAt whole seconds; good until that second is over
   */
  public record Session(Permission permission, Instant expiresAt) {}

  /**
   * @param key 32 bytes
   * @throws IllegalArgumentException if it has another length
   */
  public SpaceSessionToken(byte[] key) {
    if (key.length != KEY_LENGTH) {
      throw new IllegalArgumentException("the key of space session tokens has 32 bytes");
    }
    this.key = new HmacSha256(key);
  }

  /**
   * Makes a token.
   *
   * @param space the space that it admits to
   * @param session the access that it allows; its expiry is not before 1970
   * @return 58 bytes
   */
  public byte[] issue(SpaceId space, Session session) {
    byte[] noise = new byte[RANDOM_LENGTH];
    random.nextBytes(noise);
    byte[] signed =
        ByteBuffer.allocate(SIGNED_LENGTH)
            .put(VERSION)
            .putLong(session.expiresAt().getEpochSecond())
            .put((byte) session.permission().number())
            .put(noise)
            .array();
    byte[] token = Arrays.copyOf(signed, LENGTH);
    byte[] mac = key.of(signed, space.toString().getBytes(UTF_8));
    System.arraycopy(mac, 0, token, SIGNED_LENGTH, mac.length);
    return token;
  }

  /**
   * The session that a token allows; empty if it is not a token, has expired, or belongs to another
   * space or key.
   *
   * @param token bytes of any length
   * @param space the text of the id for which it was made, which is the canonical one
   * @param now the time
   */
  public Optional<Session> verify(byte[] token, String space, Instant now) {
    if (token.length != LENGTH || token[0] != VERSION) {
      return Optional.empty();
    }
    byte[] signed = Arrays.copyOf(token, SIGNED_LENGTH);
    byte[] mac = Arrays.copyOfRange(token, SIGNED_LENGTH, LENGTH);
    if (!MessageDigest.isEqual(mac, key.of(signed, space.getBytes(UTF_8)))) {
      return Optional.empty();
    }
    // A time beyond 63 bits reads as negative, so it is over.
    long expiry = ByteBuffer.wrap(token).getLong(1);
    return expiry < now.getEpochSecond()
        ? Optional.empty()
        : Permission.ofNumber(token[9])
            .map(permission -> new Session(permission, Instant.ofEpochSecond(expiry)));
  }
}
