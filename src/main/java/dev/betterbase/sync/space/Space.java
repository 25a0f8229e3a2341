package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A space as it stood when it was read (storage.md, table spaces). Only {@link #id} and {@link
 * #rootPublicKey} never change; the rest may be out of date as soon as it is here.
 */
public final class Space {
  private final SpaceId id;
  private final byte @Nullable [] rootPublicKey;
  private final int keyGeneration;
  private final int minKeyGeneration;
  private final int metadataVersion;
  private final long cursor;
  private final @Nullable Integer rewrapEpoch;
  private final @Nullable String homeServer;

  Space(
      SpaceId id,
      byte @Nullable [] rootPublicKey,
      int keyGeneration,
      int minKeyGeneration,
      int metadataVersion,
      long cursor,
      @Nullable Integer rewrapEpoch,
      @Nullable String homeServer) {
    this.id = id;
    this.rootPublicKey = rootPublicKey;
    this.keyGeneration = keyGeneration;
    this.minKeyGeneration = minKeyGeneration;
    this.metadataVersion = metadataVersion;
    this.cursor = cursor;
    this.rewrapEpoch = rewrapEpoch;
    this.homeServer = homeServer;
  }

  public SpaceId id() {
    return id;
  }

  /** Whether this space has no root key: its owner's access token is enough (auth.md). */
  public boolean personal() {
    return rootPublicKey == null;
  }

  /** The compressed P-256 point, 33 bytes, of a shared space; empty for a personal one. A copy. */
  public Optional<byte[]> rootPublicKey() {
    return Optional.ofNullable(rootPublicKey).map(byte[]::clone);
  }

  /** The number of the space key in use, from 1. */
  public int keyGeneration() {
    return keyGeneration;
  }

  /** The lowest epoch that a DEK pushed to a shared space may have. */
  public int minKeyGeneration() {
    return minKeyGeneration;
  }

  /** How many entries the membership log has had appended. */
  public int metadataVersion() {
    return metadataVersion;
  }

  /** The cursor of the last change; 0 where nothing was written yet. */
  public long cursor() {
    return cursor;
  }

  /** The epoch whose rewrap is in progress, if one is. */
  public OptionalInt rewrapEpoch() {
    return rewrapEpoch == null ? OptionalInt.empty() : OptionalInt.of(rewrapEpoch);
  }

  /** The peer whose space this is; empty where its home is here. */
  public Optional<String> homeServer() {
    return Optional.ofNullable(homeServer);
  }

  @Override
  public String toString() {
    return "Space[" + id + ", cursor " + cursor + "]";
  }
}
