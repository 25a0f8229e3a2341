package dev.betterbase.sync.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.DevelopmentMode;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The built-in issuer of development mode (config.md, Development mode): gives anyone a token for
 * any user. The route decides who may ask.
 */
public final class DevelopmentIssuer {

  /** The client id of tokens for which none was named. */
  public static final String DEFAULT_CLIENT_ID = "development";

  /**
   * A token, and what its holder would else have to read out of it.
   *
   * @param token the compact JWT
   * @param personalSpace the space that is the user's own
   * @param mailboxId 64 lower-case hex digits; one a user, whatever the client
   * @param expiresAt the token's expiry, whole seconds
   */
  public record Minted(String token, SpaceId personalSpace, String mailboxId, Instant expiresAt) {

    /** Names no identity: tokens must not reach a log. */
    @Override
    public String toString() {
      return "Minted[expiresAt=" + expiresAt + "]";
    }
  }

  private final ECKey key;
  private final List<String> audiences;

  private DevelopmentIssuer(ECKey key, Set<String> audiences) {
    this.key = key;
    this.audiences = List.copyOf(audiences);
  }

  /**
   * Takes the key that the launcher handed over.
   *
   * @param privateJwk EC, P-256, with {@code kid}
   * @param audiences the audiences that this server asks for, all of which its tokens name
   * @throws IllegalArgumentException if it is not such a key
   */
  public static DevelopmentIssuer of(String privateJwk, Set<String> audiences) {
    try {
      ECKey key = ECKey.parse(privateJwk);
      if (!key.isPrivate() || key.getKeyID() == null) {
        throw new IllegalArgumentException("the development issuer needs a private key with a kid");
      }
      return new DevelopmentIssuer(key, audiences);
    } catch (ParseException malformed) {
      throw new IllegalArgumentException("the development issuer's key is no EC JWK");
    }
  }

  /** Its public keys, which never travel: the server that trusts them is this one. */
  public KeySetSource keys() {
    try {
      return new FixedKeySet(Jwks.parse(new JWKSet(key).toPublicJWKSet().toString()));
    } catch (ParseException never) {
      throw new IllegalStateException(never);
    }
  }

  /**
   * Mints a token.
   *
   * @param subject the user, any text but the empty one
   * @param clientId the app, any text but the empty one
   * @param scope the scopes of the token, separated by spaces
   * @param did the user's {@code did:key}, for those who use shared spaces
   * @param now the time of issue
   * @param expiresAt until when it is good
   */
  public Minted mint(
      String subject,
      String clientId,
      String scope,
      Optional<String> did,
      Instant now,
      Instant expiresAt) {
    SpaceId space = PersonalSpace.idOf(DevelopmentMode.ISSUER, subject, clientId);
    String mailbox = mailboxOf(subject);
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(DevelopmentMode.ISSUER)
            .subject(subject)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(expiresAt))
            .claim("client_id", clientId)
            .claim("scope", scope)
            .claim("personal_space_id", space.toString())
            .claim("mailbox_id", mailbox);
    did.ifPresent(name -> claims.claim("did", name));
    if (!audiences.isEmpty()) {
      claims.audience(audiences);
    }
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
            claims.build());
    try {
      token.sign(new ECDSASigner(key));
    } catch (JOSEException failure) {
      throw new IllegalStateException("the development issuer cannot sign", failure);
    }
    return new Minted(
        token.serialize(), space, mailbox, Instant.ofEpochSecond(expiresAt.getEpochSecond()));
  }

  /** Real clients derive theirs from a secret; here it has only to be one a user. */
  private static String mailboxOf(String subject) {
    String name = "mailbox\0" + DevelopmentMode.ISSUER + '\0' + subject;
    return HexFormat.of().formatHex(Sha256.of(name));
  }
}
