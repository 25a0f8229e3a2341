package dev.betterbase.sync.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;

/** A key pair, and tokens signed with it. */
record SigningKey(ECKey key) {
  static SigningKey withKid(String kid) {
    try {
      return new SigningKey(new ECKeyGenerator(Curve.P_256).keyID(kid).generate());
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  String jwks() {
    return new JWKSet(key.toPublicJWK()).toString();
  }

  Jwks keys() {
    try {
      return Jwks.parse(jwks());
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }

  String token(String claims) {
    return token("{\"alg\":\"ES256\",\"kid\":\"" + key.getKeyID() + "\"}", claims);
  }

  String token(String header, String claims) {
    return token(header, claims.getBytes(StandardCharsets.UTF_8));
  }

  /** Header and payload byte for byte, so that tests can sign what no library would write. */
  String token(String header, byte[] payload) {
    return sign(Base64URL.encode(header) + "." + Base64URL.encode(payload));
  }

  String sign(String signingInput) {
    try {
      return signingInput
          + "."
          + new ECDSASigner(key)
              .sign(
                  new JWSHeader(JWSAlgorithm.ES256),
                  signingInput.getBytes(StandardCharsets.US_ASCII));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
