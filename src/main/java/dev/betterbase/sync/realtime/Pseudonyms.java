package dev.betterbase.sync.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.HmacSha256;
import dev.betterbase.sync.protocol.SpaceId;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The names by which the subscribers of a space see one another (methods.md, Presence and events):
 * the first 16 bytes of HMAC-SHA256(secret, connection id ‖ 0x00 ‖ canonical space id), in hex.
 * Nobody can follow a connection from one space to another by them. Safe for use by many threads.
 */
final class Pseudonyms {
  private static final int SECRET_LENGTH = 32;
  private static final int PSEUDONYM_LENGTH = 16;

  private final HmacSha256 secret;

  /**
   * @param secret not empty
   */
  Pseudonyms(byte[] secret) {
    this.secret = new HmacSha256(secret);
  }

  /** Makes a secret of its own, which lasts as long as the node and its connections. */
  static Pseudonyms random() {
    byte[] secret = new byte[SECRET_LENGTH];
    new SecureRandom().nextBytes(secret);
    return new Pseudonyms(secret);
  }

  /** The name of a connection in a space: 32 hex digits. */
  String of(String connectionId, SpaceId space) {
    byte[] hash =
        secret.of(connectionId.getBytes(UTF_8), new byte[1], space.toString().getBytes(UTF_8));
    return HexFormat.of().formatHex(hash, 0, PSEUDONYM_LENGTH);
  }
}
