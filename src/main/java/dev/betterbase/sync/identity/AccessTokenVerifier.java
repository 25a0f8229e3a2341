package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import dev.betterbase.sync.identity.InvalidAccessToken.Reason;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.PersonalSpacePolicy;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Verifies access tokens (auth.md, Access tokens). Safe for use by many threads. */
public final class AccessTokenVerifier {
  /** The greatest length. Longer texts are refused unread, so that parsing takes bounded memory. */
  static final int MAX_LENGTH = 64 * 1024;

  /**
   * How far {@code nbf} and {@code iat} may lie ahead of this server's clock, and how much longer
   * than the longest lifetime a token may live, in seconds.
   */
  private static final long LEEWAY = 60;

  private final Map<String, KeySetSource> issuers;
  private final Set<String> audiences;
  private final PersonalSpacePolicy policy;
  private final Duration maxLifetime;
  private final InstantSource clock;

  /**
   * @param issuers the trusted issuers, without trailing slashes, and their keys
   * @param audiences the accepted values of {@code aud}; empty accepts any
   * @param maxLifetime the longest accepted time from {@code iat} to {@code exp}; zero accepts any
   */
  public AccessTokenVerifier(
      Map<String, KeySetSource> issuers,
      Set<String> audiences,
      PersonalSpacePolicy policy,
      Duration maxLifetime,
      InstantSource clock) {
    this.issuers = Map.copyOf(issuers);
    this.audiences = Set.copyOf(audiences);
    this.policy = policy;
    this.maxLifetime = maxLifetime;
    this.clock = clock;
  }

  /**
   * Verifies one token. May wait for the issuer's key set, at most {@link CachedKeys#MAX_WAIT}.
   *
   * <p>If a token has several faults, the first of these is reported: malformed (INVALID), issuer
   * (UNTRUSTED), signature (INVALID), expiry (EXPIRED), anything else (INVALID). So a forged token
   * reveals no more than whether an issuer is trusted.
   */
  public AccessToken verify(String token) throws InvalidAccessToken {
    if (token.isEmpty()) {
      throw new InvalidAccessToken(Reason.MISSING);
    }
    if (token.length() > MAX_LENGTH) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    CompactJws jws;
    Claims claims;
    try {
      jws = CompactJws.parse(token);
      claims = Claims.read(jws.claims());
    } catch (ParseException malformed) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    String kid = jws.header().getKeyID();
    if (kid == null || kid.isEmpty()) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    String issuer = withoutTrailingSlashes(claims.issuer().orElse(""));
    KeySetSource keys = issuers.get(issuer);
    if (keys == null) {
      throw new InvalidAccessToken(Reason.UNTRUSTED);
    }
    if (!isSigned(jws, kid, keys)) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    requireTimes(claims);
    if (!audiences.isEmpty() && Collections.disjoint(audiences, claims.audiences())) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    return accessToken(issuer, claims);
  }

  private static boolean isSigned(CompactJws jws, String kid, KeySetSource keys) {
    Optional<JWSVerifier> known = keys.verifier(kid);
    if (known.isEmpty() || jws.isSignedBy(known.get())) {
      return known.isPresent();
    }
    return keys.replacement(kid, known.get()).filter(jws::isSignedBy).isPresent();
  }

  /** The canonical name of an issuer, without trailing slashes. */
  public static String withoutTrailingSlashes(String issuer) {
    int end = issuer.length();
    while (end > 0 && issuer.charAt(end - 1) == '/') {
      end--;
    }
    return issuer.substring(0, end);
  }

  private void requireTimes(Claims claims) throws InvalidAccessToken {
    long now = clock.instant().getEpochSecond();
    if (claims.expiry().isEmpty()) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    if (claims.expiry().getAsLong() < now) {
      throw new InvalidAccessToken(Reason.EXPIRED);
    }
    if (claims.notBefore().orElse(now) > now + LEEWAY
        || claims.issuedAt().orElse(now) > now + LEEWAY) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    long lifetime = claims.expiry().getAsLong() - claims.issuedAt().orElse(now);
    if (maxLifetime.isPositive() && lifetime > maxLifetime.toSeconds() + LEEWAY) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
  }

  private AccessToken accessToken(String issuer, Claims claims) throws InvalidAccessToken {
    String subject = claims.subject().orElse("");
    String clientId = claims.clientId().orElse("");
    if (subject.isEmpty() || clientId.isEmpty()) {
      throw new InvalidAccessToken(Reason.INVALID);
    }
    return new AccessToken(
        issuer,
        subject,
        clientId,
        claims.scopes(),
        Instant.ofEpochSecond(claims.expiry().orElseThrow()),
        personalSpace(claims, issuer, subject, clientId),
        claims.did(),
        claims.mailboxId().filter(AccessToken::isMailboxId));
  }

  private Optional<SpaceId> personalSpace(
      Claims claims, String issuer, String subject, String clientId) {
    Optional<SpaceId> claimed = claims.personalSpaceId().flatMap(SpaceId::parse);
    return switch (policy) {
      case CLAIM -> claimed;
      case DERIVED ->
          claimed.filter(
              space ->
                  space.equals(PersonalSpace.idOf(issuer, subject, clientId))
                      || space.equals(
                          PersonalSpace.idOf(claims.issuer().orElseThrow(), subject, clientId)));
    };
  }
}
