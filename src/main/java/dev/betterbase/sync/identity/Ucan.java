package dev.betterbase.sync.identity;

import com.nimbusds.jose.util.Base64URL;
import dev.betterbase.sync.identity.InvalidUcan.Rule;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.protocol.SpaceId;
import java.math.BigInteger;
import java.text.ParseException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One token of a chain, taken apart (auth.md, UCAN). Only its form is checked here: a claim that is
 * missing or unknown is empty.
 *
 * @param cid lower-case hex SHA-256 of the compact text
 * @param twinCid the same of the token with its other signature: of (r, s) and (r, n − s) both
 *     verify, and anyone can make one from the other
 * @param issuer claim {@code iss}, which names {@code key}
 * @param audience the first or only {@code aud}; "" if there is none
 * @param permission the permission that {@code cmd} names
 * @param space the space that {@code with} names
 * @param proof the text of the proof; empty at the root
 * @param length characters of the compact text
 */
record Ucan(
    String cid,
    String twinCid,
    String issuer,
    P256Point key,
    String audience,
    Optional<Permission> permission,
    Optional<SpaceId> space,
    OptionalLong notBefore,
    OptionalLong expiry,
    boolean hasNonce,
    Optional<String> proof,
    int length) {

  private static final String RESOURCE = "space:";

  /** The order of P-256 (FIPS 186-4, D.1.2.3). */
  private static final BigInteger ORDER =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  private static final int SCALAR = 32;

  /** A token, and the JWS with which its signature is verified. */
  record Signed(Ucan ucan, CompactJws jws) {
    boolean isGenuine() {
      return jws.isSignedBy(ucan.key().verifier());
    }
  }

  /**
   * Takes a token apart.
   *
   * @param token bounded in length by the caller
   */
  static Signed parse(String token) throws InvalidUcan {
    try {
      CompactJws jws = CompactJws.parse(token);
      return new Signed(read(token, jws), jws);
    } catch (ParseException malformed) {
      throw new InvalidUcan(Rule.TOKEN);
    }
  }

  private static Ucan read(String token, CompactJws jws) throws ParseException, InvalidUcan {
    Map<String, Object> claims = jws.claims();
    String issuer = Claims.text(claims, "iss").orElse("");
    P256Point key =
        DidKey.parse(issuer).orElseThrow(() -> new ParseException("iss names no key", 0));
    return new Ucan(
        cid(token),
        cid(jws.signingInput() + '.' + otherSignature(jws.signature())),
        issuer,
        key,
        firstAudience(claims),
        Claims.text(claims, "cmd").flatMap(Permission::ofCommand),
        Claims.text(claims, "with").flatMap(Ucan::spaceOf),
        Claims.seconds(claims, "nbf"),
        Claims.seconds(claims, "exp"),
        !Claims.text(claims, "nonce").orElse("").isEmpty(),
        proof(claims),
        token.length());
  }

  /** The name of a token: lower-case hex SHA-256 of its compact text. */
  static String cid(String token) {
    return HexFormat.of().formatHex(Sha256.of(token));
  }

  /** (r, n − s) for (r, s), 32 bytes each; other bytes come back unchanged. */
  private static Base64URL otherSignature(Base64URL signature) {
    byte[] bytes = signature.decode();
    if (bytes.length != 2 * SCALAR) {
      return signature;
    }
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(bytes, SCALAR, bytes.length));
    byte[] other = ORDER.subtract(s).mod(ORDER).toByteArray();
    Arrays.fill(bytes, SCALAR, bytes.length, (byte) 0);
    // toByteArray may put a sign byte before the 32 bytes of the number.
    int length = Math.min(other.length, SCALAR);
    System.arraycopy(other, other.length - length, bytes, bytes.length - length, length);
    return Base64URL.encode(bytes);
  }

  private static String firstAudience(Map<String, Object> claims) throws ParseException {
    return switch (claims.get("aud")) {
      case null -> "";
      case String text -> text;
      case List<?> list when list.isEmpty() -> "";
      case List<?> list when list.getFirst() instanceof String first -> first;
      default -> throw new ParseException("aud is no text", 0);
    };
  }

  private static Optional<SpaceId> spaceOf(String resource) {
    if (!resource.startsWith(RESOURCE)) {
      return Optional.empty();
    }
    String text = resource.substring(RESOURCE.length());
    return SpaceId.parse(text).filter(space -> space.toString().equals(text));
  }

  private static Optional<String> proof(Map<String, Object> claims)
      throws ParseException, InvalidUcan {
    return switch (claims.get("prf")) {
      case null -> Optional.empty();
      case List<?> list when list.isEmpty() -> Optional.empty();
      case List<?> list when list.size() > 1 -> throw new InvalidUcan(Rule.PROOF);
      case List<?> list when list.getFirst() instanceof String proof -> Optional.of(proof);
      default -> throw new ParseException("prf is no list of tokens", 0);
    };
  }

  /** Names nobody. */
  @Override
  public String toString() {
    return "Ucan[" + cid + "]";
  }
}
