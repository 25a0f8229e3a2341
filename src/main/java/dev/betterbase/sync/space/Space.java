package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A space as it was when it was read (storage.md, table spaces). The id, the root key and the home
 * server never change; the other values may be out of date by the time they are used.
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

  /** From a row. */
  public Space(
      UUID id,
      byte @Nullable [] rootPublicKey,
      int keyGeneration,
      int minKeyGeneration,
      int metadataVersion,
      long cursor,
      @Nullable Integer rewrapEpoch,
      @Nullable String homeServer) {
    this(
        new SpaceId(id),
        rootPublicKey,
        keyGeneration,
        minKeyGeneration,
        metadataVersion,
        cursor,
        rewrapEpoch,
        homeServer);
  }

  public SpaceId id() {
    return id;
  }

  /** Whether this space has no root key: its owner's access token is enough (auth.md). */
  public boolean personal() {
    return rootPublicKey == null;
  }

  /** A copy of the root key of a shared space, a compressed P-256 point of 33 bytes. */
  public Optional<byte[]> rootPublicKey() {
    return Optional.ofNullable(rootPublicKey).map(byte[]::clone);
  }

  /** The number of the space key in use, from 1 on. */
  public int keyGeneration() {
    return keyGeneration;
  }

  /** The lowest epoch that a DEK pushed to a shared space may have. */
  public int minKeyGeneration() {
    return minKeyGeneration;
  }

  /** The number of entries in the membership log. */
  public int metadataVersion() {
    return metadataVersion;
  }

  /** The cursor of the last change; 0 if nothing has been written. */
  public long cursor() {
    return cursor;
  }

  /** The epoch of the rewrap in progress, if there is one. */
  public OptionalInt rewrapEpoch() {
    return rewrapEpoch == null ? OptionalInt.empty() : OptionalInt.of(rewrapEpoch);
  }

  /** The peer where this space lives; empty if it lives here. */
  public Optional<String> homeServer() {
    return Optional.ofNullable(homeServer);
  }

  @Override
  public String toString() {
    return "Space[" + id + ", cursor " + cursor + "]";
  }
}
