package dev.betterbase.sync.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.util.Base64URL;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Base64;
import java.util.Map;

/**
 * A JWT in compact form, signed by ES256 (RFC 7515, 7519), taken apart and not yet verified.
 * Nimbus' {@code SignedJWT} is not used to take it apart: its base64url decoder skips foreign
 * characters and stray bits and its UTF-8 decoder replaces what it cannot read, so that one signed
 * text would have many spellings.
 *
 * @param header says ES256 and asks for no extension
 * @param claims the payload; JSON null stands as a null value
 * @param signingInput header and payload as they came, with a dot between; ASCII
 */
record CompactJws(
    JWSHeader header, Map<String, Object> claims, String signingInput, Base64URL signature) {
  /**
   * @param token bounded in length by the caller
   * @throws ParseException unless it is such a JWT
   */
  static CompactJws parse(String token) throws ParseException {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      throw new ParseException("a compact JWS has three parts", 0);
    }
    JWSHeader header = JWSHeader.parse(Json.strictObject(utf8(decode(parts[0]))), null);
    if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())
        // No extension is understood here (RFC 7515, 4.1.11; RFC 7797 is for no JWT).
        || header.getCriticalParams() != null
        || !header.isBase64URLEncodePayload()) {
      throw new ParseException("the header does not fit", 0);
    }
    Map<String, Object> claims = Json.strictObject(utf8(decode(parts[1])));
    decode(parts[2]);
    return new CompactJws(header, claims, parts[0] + '.' + parts[1], new Base64URL(parts[2]));
  }

  /** Whether the signature is of this key. Malformed bytes are a signature of no key. */
  boolean isSignedBy(JWSVerifier key) {
    try {
      return key.verify(header, signingInput.getBytes(StandardCharsets.US_ASCII), signature);
    } catch (JOSEException unverifiable) {
      return false;
    }
  }

  /**
   * base64url without padding, foreign characters or stray bits in the last one (RFC 4648, 3.5).
   */
  private static byte[] decode(String part) throws ParseException {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException foreign) {
      throw new ParseException("no base64url", 0);
    }
    // The JDK's decoder takes padding and stray bits; its encoder writes neither.
    if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
      throw new ParseException("no canonical base64url", 0);
    }
    return bytes;
  }

  private static String utf8(byte[] bytes) throws ParseException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException malformed) {
      throw new ParseException("no UTF-8", 0);
    }
  }
}
