package dev.betterbase.sync.console;

import dev.betterbase.sync.protocol.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The sessions of the admin page. A session ends {@link #LIFE} after it began, however much it is
 * used. Only hashes of the tokens are kept, in memory. Any thread may call.
 */
final class Sessions {
  static final Duration LIFE = Duration.ofMinutes(30);

  /** Beyond this number, the oldest session ends. */
  static final int AT_MOST = 16;

  private static final int TOKEN_BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;
  private final InstantSource time;

  /** The beginning of each session, by the hash of its token; oldest first. */
  private final Map<ByteBuffer, Begin> begun = new LinkedHashMap<>();

  private record Begin(long nanoTime, Instant time) {}

  /**
   * @param nanoTime the monotonic clock, as {@link System#nanoTime}
   * @param time the time of day
   */
  Sessions(LongSupplier nanoTime, InstantSource time) {
    this.nanoTime = nanoTime;
    this.time = time;
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
      begun.put(hash(token), new Begin(nanoTime.getAsLong(), time.instant()));
    }
    return token;
  }

  /** The time that is left of a session; empty if there is no such session. */
  synchronized Optional<Duration> left(String token) {
    forgetEnded();
    return Optional.ofNullable(begun.get(hash(token))).map(begin -> LIFE.minus(since(begin)));
  }

  /** Ends a session, if there is one with this token. */
  synchronized void end(String token) {
    begun.remove(hash(token));
  }

  private void forgetEnded() {
    begun.values().removeIf(begin -> since(begin).compareTo(LIFE) >= 0);
  }

  /**
   * The age of a session, by the clock that has gone further. The monotonic clock stands still
   * while the machine is suspended, and the time of day may be set back.
   */
  private Duration since(Begin begin) {
    Duration monotonic = Duration.ofNanos(nanoTime.getAsLong() - begin.nanoTime());
    Duration ofDay = Duration.between(begin.time(), time.instant());
    return ofDay.compareTo(monotonic) > 0 ? ofDay : monotonic;
  }

  private static ByteBuffer hash(String token) {
    return ByteBuffer.wrap(Sha256.of(token.getBytes(StandardCharsets.UTF_8)));
  }
}
