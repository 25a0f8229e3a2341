package dev.betterbase.sync.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import dev.betterbase.sync.protocol.Sha256;
import java.math.BigInteger;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A builder of UCANs (auth.md, UCAN). By default, every claim has a valid value. */
public final class TestUcan {
  private static final BigInteger ORDER =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  private final TestKey key;
  private final Map<String, Object> claims = new LinkedHashMap<>();

  TestUcan(TestKey key) {
    this.key = key;
    claims.put("iss", key.did());
    claims.put("nonce", UUID.randomUUID().toString());
    claims.put("prf", List.of());
    expiresIn(Duration.ofHours(1));
  }

  /** Sets the audience, to whom the UCAN is given. */
  public TestUcan to(TestKey holder) {
    return claim("aud", holder.did());
  }

  /** Sets the permission: read, write or admin. */
  public TestUcan allows(String permission) {
    return claim("cmd", "/space/" + permission);
  }

  /** Sets the space. */
  public TestUcan on(String space) {
    return claim("with", "space:" + space);
  }

  /** Sets the expiry relative to now, cut to whole seconds. */
  public TestUcan expiresIn(Duration time) {
    return claim("exp", Instant.now().plus(time).getEpochSecond());
  }

  /** Sets the proof, the UCAN that allows the delegation, and expires at the same time as it. */
  public TestUcan under(String proof) {
    try {
      claim("exp", JWSObject.parse(proof).getPayload().toJSONObject().get("exp"));
    } catch (ParseException e) {
      throw new IllegalArgumentException(e);
    }
    return claim("prf", List.of(proof));
  }

  /** Sets any claim; null removes it. */
  public TestUcan claim(String name, Object value) {
    if (value == null) {
      claims.remove(name);
    } else {
      claims.put(name, value);
    }
    return this;
  }

  /** Signs the UCAN and returns its compact text. */
  public String sign() {
    try {
      JWSObject token =
          new JWSObject(
              new JWSHeader.Builder(JWSAlgorithm.ES256).type(JOSEObjectType.JWT).build(),
              new Payload(claims));
      token.sign(key.signer());
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The CID of a token: the SHA-256 of its text in hex. */
  public static String cid(String token) {
    return HexFormat.of().formatHex(Sha256.of(token));
  }

  /** The same token with its other valid ECDSA signature: (r, n − s) instead of (r, s). */
  public static String twin(String token) {
    int signature = token.lastIndexOf('.') + 1;
    byte[] bytes = Base64.getUrlDecoder().decode(token.substring(signature));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(bytes, 32, 64));
    byte[] other = ORDER.subtract(s).toByteArray();
    Arrays.fill(bytes, 32, 64, (byte) 0);
    int length = Math.min(other.length, 32);
    System.arraycopy(other, other.length - length, bytes, 64 - length, length);
    return token.substring(0, signature)
        + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
