package dev.betterbase.sync.federation.trust;

import org.jspecify.annotations.Nullable;

/** A sealed seed does not open. The message says why and what to do, and shows no secret. */
public final class SealedSeed extends Exception {
  SealedSeed(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
