package dev.betterbase.sync.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.HmacSha256;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.settings.Secret;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/**
 * A person, as one issuer names them. The limits of a node by person count by this value, through
 * however many clients and connections the person comes. Kept in memory only.
 *
 * @param hash SHA-256(issuer ‖ 0x00 ‖ subject), 64 hex digits, so that a long subject takes no more
 *     memory than a short one
 */
public record Person(String hash) {

  /** The person whom an issuer, without trailing slashes, names by this subject. */
  static Person of(String issuer, String subject) {
    var name = new ByteArrayOutputStream();
    name.writeBytes(issuer.getBytes(UTF_8));
    name.write(0);
    name.writeBytes(subject.getBytes(UTF_8));
    return new Person(HexFormat.of().formatHex(Sha256.of(name.toByteArray())));
  }

  /**
   * The pseudonym under which the database counts a person: HMAC-SHA256(key, issuer ‖ 0x00 ‖
   * subject), 64 hex digits (methods.md, Rate limits by person). Nobody can infer the person
   * without the key.
   *
   * @param key IDENTITY_HASH_KEY, 64 hex digits
   * @param issuer without trailing slashes
   */
  public static String pseudonym(Secret key, String issuer, String subject) {
    byte[] hash =
        new HmacSha256(HexFormat.of().parseHex(key.value()))
            .of(issuer.getBytes(UTF_8), new byte[1], subject.getBytes(UTF_8));
    return HexFormat.of().formatHex(hash);
  }

  /** Names no identity: a subject could be found from its hash by trying. */
  @Override
  public String toString() {
    return "Person";
  }
}
