package dev.betterbase.sync.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.HmacSha256;
import dev.betterbase.sync.settings.Secret;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals the packets of one node under CLUSTER_SECRET: AES-256-GCM under a key that is derived for
 * the node's id, with the number of the packet as the nonce. A node has a new id at each start, so
 * no nonce is used twice with a key.
 *
 * <p>A packet is a header of 33 bytes, which is authenticated and not encrypted (a version, the id
 * of the node, the number of the packet, and when it was sent), and the sealed batch.
 */
final class BusSeal {
  /** The longest packet, in bytes. */
  static final int LONGEST = 512 * 1024;

  private static final byte VERSION = 1;
  private static final int HEADER_BYTES = 1 + 2 * Long.BYTES + Long.BYTES + Long.BYTES;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;

  private final SecretKeySpec key;

  private BusSeal(SecretKeySpec key) {
    this.key = key;
  }

  /** The seal of one node, under a key that does not give the secret away. */
  static BusSeal of(Secret secret, UUID node) {
    byte[] key =
        new HmacSha256(secret.value().getBytes(UTF_8))
            .of(("betterbase-sync cluster bus " + node).getBytes(UTF_8));
    return new BusSeal(new SecretKeySpec(key, "AES"));
  }

  /**
   * The bytes before the sealed batch.
   *
   * @param sender the id of the node
   * @param number counts the packets of the node
   * @param sentAt milliseconds since 1970, by the clock of the sender
   */
  record Header(UUID sender, long number, long sentAt) {
    private byte[] bytes() {
      return ByteBuffer.allocate(HEADER_BYTES)
          .put(VERSION)
          .putLong(sender.getMostSignificantBits())
          .putLong(sender.getLeastSignificantBits())
          .putLong(number)
          .putLong(sentAt)
          .array();
    }

    private byte[] nonce() {
      return ByteBuffer.allocate(NONCE_BYTES).putInt(0).putLong(number).array();
    }
  }

  /**
   * Reads the header of a packet, of which nothing is verified yet.
   *
   * @throws Refused if it is too long, too short, or of another version
   */
  static Header header(byte[] packet) throws Refused {
    if (packet.length > LONGEST) {
      throw new Refused(BusMetrics.Loss.TOO_LARGE);
    }
    if (packet.length < HEADER_BYTES + TAG_BYTES) {
      throw new Refused(BusMetrics.Loss.MALFORMED);
    }
    ByteBuffer header = ByteBuffer.wrap(packet);
    if (header.get() != VERSION) {
      throw new Refused(BusMetrics.Loss.VERSION);
    }
    return new Header(
        new UUID(header.getLong(), header.getLong()), header.getLong(), header.getLong());
  }

  byte[] seal(Header header, byte[] batch) {
    try {
      byte[] open = header.bytes();
      byte[] packet = new byte[HEADER_BYTES + batch.length + TAG_BYTES];
      System.arraycopy(open, 0, packet, 0, HEADER_BYTES);
      cipher(Cipher.ENCRYPT_MODE, header).doFinal(batch, 0, batch.length, packet, HEADER_BYTES);
      return packet;
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * The batch of a packet.
   *
   * @throws Refused if it was not sealed under the same secret, or was changed on the way
   */
  byte[] open(Header header, byte[] packet) throws Refused {
    try {
      return cipher(Cipher.DECRYPT_MODE, header)
          .doFinal(packet, HEADER_BYTES, packet.length - HEADER_BYTES);
    } catch (AEADBadTagException e) {
      throw new Refused(BusMetrics.Loss.FORGED);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private Cipher cipher(int mode, Header header) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, header.nonce()));
    cipher.updateAAD(header.bytes());
    return cipher;
  }

  /** A packet that is dropped. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final BusMetrics.Loss why;

    Refused(BusMetrics.Loss why) {
      super(why.name());
      this.why = why;
    }

    BusMetrics.Loss why() {
      return why;
    }
  }
}
