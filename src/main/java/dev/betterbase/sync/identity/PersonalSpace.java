package dev.betterbase.sync.identity;

import dev.betterbase.sync.protocol.SpaceId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** The id of a personal space (auth.md, Personal space). */
public final class PersonalSpace {
  /** UUIDv5(DNS, "betterbase.dev"). */
  private static final UUID NAMESPACE = UUID.fromString("c8362c28-0504-5522-9ba6-6e7ed1d76153");

  private PersonalSpace() {}

  /**
   * UUIDv5(namespace, issuer ‖ 0x00 ‖ subject ‖ 0x00 ‖ client id), the texts in UTF-8.
   *
   * @param issuer as it stands in the token, or without its trailing slashes
   */
  public static SpaceId idOf(String issuer, String subject, String clientId) {
    String name = issuer + '\0' + subject + '\0' + clientId;
    return new SpaceId(version5(name.getBytes(StandardCharsets.UTF_8)));
  }

  /** RFC 9562, 5.5. By hand: the JDK makes version 3 only, and a library for one hash is much. */
  private static UUID version5(byte[] name) {
    MessageDigest sha1;
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
    sha1.update(
        ByteBuffer.allocate(16)
            .putLong(NAMESPACE.getMostSignificantBits())
            .putLong(NAMESPACE.getLeastSignificantBits())
            .flip());
    ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name));
    long high = (hash.getLong() & ~0xF000L) | 0x5000L;
    long low = (hash.getLong() & ~(0b11L << 62)) | (0b10L << 62);
    return new UUID(high, low);
  }
}
