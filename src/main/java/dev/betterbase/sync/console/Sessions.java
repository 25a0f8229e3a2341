package dev.betterbase.sync.console;

import dev.betterbase.sync.protocol.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Who is signed in to the admin page. A session ends {@link #LIFE} after it began, however much it
 * is used. Only hashes of the tokens are kept, in memory. Any thread may call.
 */
final class Sessions {
  static final Duration LIFE = Duration.ofMinutes(30);

  /** Beyond this number, the oldest session ends. */
  static final int AT_MOST = 16;

  private static final int TOKEN_BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;

  /** When each session began, by the hash of its token; oldest first. */
  private final Map<ByteBuffer, Long> begun = new LinkedHashMap<>();

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  Sessions(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Begins a session.
   *
   * @return its token, 43 characters
   */
  String begin() {
    byte[] secret = new byte[TOKEN_BYTES];
    random.nextBytes(secret);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    synchronized (this) {
      forgetEnded();
      if (begun.size() >= AT_MOST) {
        Iterator<ByteBuffer> oldest = begun.keySet().iterator();
        oldest.next();
        oldest.remove();
      }
      begun.put(hash(token), nanoTime.getAsLong());
    }
    return token;
  }

  /** How long a session still lasts; empty if there is no such session. */
  synchronized Optional<Duration> left(String token) {
    forgetEnded();
    return Optional.ofNullable(begun.get(hash(token)))
        .map(since -> LIFE.minusNanos(nanoTime.getAsLong() - since));
  }

  /** Ends a session, if there is one with this token. */
  synchronized void end(String token) {
    begun.remove(hash(token));
  }

  private void forgetEnded() {
    long now = nanoTime.getAsLong();
    begun.values().removeIf(since -> now - since >= LIFE.toNanos());
  }

  private static ByteBuffer hash(String token) {
    return ByteBuffer.wrap(Sha256.of(token.getBytes(StandardCharsets.UTF_8)));
  }
}
