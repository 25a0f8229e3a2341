package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.protocol.SpaceId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Issues and verifies subscribe tokens (auth.md, Federation subscribe token). */
public final class SubscribeTokens {
  private static final int RANDOM_BYTES = 8;

  private final SubscribeTokenKey key;
  private final @Nullable SubscribeTokenKey previous;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param key the key of new tokens
   * @param previous the key before, under which issued tokens stay valid; null if there is none
   */
  SubscribeTokens(
      SubscribeTokenKey key, @Nullable SubscribeTokenKey previous, InstantSource clock) {
    this.key = key;
    this.previous = previous;
    this.clock = clock;
  }

  /**
   * Issues a token.
   *
   * @param peer its domain, canonical
   * @param basisExpires when the UCAN that it rests on, or the token that it renews, expires; in
   *     seconds since 1970
   */
  public String issue(SpaceId space, String peer, long basisExpires) {
    long now = now();
    byte[] noise = new byte[RANDOM_BYTES];
    random.nextBytes(noise);
    byte[] nonce = ByteBuffer.allocate(SubscribeToken.NONCE_BYTES).putLong(now).put(noise).array();
    return new SubscribeToken(nonce, space, SubscribeToken.hashOf(peer), expiry(now, basisExpires))
        .encode(key);
  }

  /** The expiry of a token issued now, in seconds since 1970. */
  static long expiry(long now, long basisExpires) {
    return Math.min(now + SubscribeToken.LIFE_SECONDS, basisExpires);
  }

  /**
   * Verifies a token, under the current key and then the previous one. Does not check for
   * revocations since its issue.
   *
   * @return empty if it is not valid for this space and peer
   */
  public Optional<SubscribeToken> verify(String text, SpaceId space, String peer) {
    return SubscribeToken.decode(text, key)
        .or(() -> previous == null ? Optional.empty() : SubscribeToken.decode(text, previous))
        .filter(token -> token.isFor(space, peer, now()));
  }

  private long now() {
    return clock.instant().getEpochSecond();
  }
}
