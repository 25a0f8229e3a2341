package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.protocol.SpaceId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/**
 * A federation subscribe token (auth.md): version 1 (1 byte) ‖ nonce (16) ‖ space id (16) ‖ SHA-256
 * of the peer's canonical domain (32) ‖ expiry, big-endian seconds since 1970 (8) ‖ MAC (32); 105
 * bytes, in base64url without padding.
 *
 * @param nonce 16 bytes: the time of issue, big-endian seconds (8), and random bytes (8)
 * @param peerHash SHA-256 of the canonical domain, 32 bytes
 * @param expires seconds since 1970
 */
public record SubscribeToken(byte[] nonce, SpaceId space, byte[] peerHash, long expires) {

  /** The longest life of a token, in seconds. */
  static final long LIFE_SECONDS = 24 * 60 * 60;

  static final int NONCE_BYTES = 16;

  private static final int LENGTH = 105;
  private static final int MAC_BYTES = 32;
  private static final byte VERSION = 1;

  /** The time of issue, in seconds since 1970. Tokens of the earlier release do not carry it. */
  public long issuedAt() {
    long said = ByteBuffer.wrap(nonce).getLong();
    return said >= expires - LIFE_SECONDS && said <= expires ? said : expires - LIFE_SECONDS;
  }

  /** The token as text. */
  String encode(SubscribeTokenKey key) {
    ByteBuffer bytes =
        ByteBuffer.allocate(LENGTH)
            .put(VERSION)
            .put(nonce)
            .putLong(space.value().getMostSignificantBits())
            .putLong(space.value().getLeastSignificantBits())
            .put(peerHash)
            .putLong(expires);
    bytes.put(key.mac(Arrays.copyOf(bytes.array(), LENGTH - MAC_BYTES)));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /**
   * Reads a token made with this key. Does not check which space and peer it is for, nor its
   * expiry.
   *
   * @return empty if it is malformed, of another version, or made with another key
   */
  static Optional<SubscribeToken> decode(String text, SubscribeTokenKey key) {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
    // 105 is a multiple of 3, so only one text without padding decodes to these bytes.
    if (bytes.length != LENGTH || text.length() != LENGTH / 3 * 4 || bytes[0] != VERSION) {
      return Optional.empty();
    }
    byte[] mac = Arrays.copyOfRange(bytes, LENGTH - MAC_BYTES, LENGTH);
    if (!MessageDigest.isEqual(mac, key.mac(Arrays.copyOf(bytes, LENGTH - MAC_BYTES)))) {
      return Optional.empty();
    }
    ByteBuffer fields = ByteBuffer.wrap(bytes, 1, LENGTH - 1);
    byte[] nonce = new byte[NONCE_BYTES];
    fields.get(nonce);
    var space = new SpaceId(new UUID(fields.getLong(), fields.getLong()));
    byte[] peerHash = new byte[MAC_BYTES];
    fields.get(peerHash);
    return Optional.of(new SubscribeToken(nonce, space, peerHash, fields.getLong()));
  }

  /**
   * Whether it is valid for this space and peer at this second; the second of its expiry counts.
   */
  boolean isFor(SpaceId wanted, String peer, long now) {
    return space.equals(wanted) && MessageDigest.isEqual(peerHash, hashOf(peer)) && expires >= now;
  }

  /** SHA-256 of a canonical domain. */
  static byte[] hashOf(String peer) {
    return Sha256.of(peer);
  }
}
