package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.FederationSettings.Quotas;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What one peer uses and may use (federation.md, Being called): connections and spaces at a time,
 * and the rest per hour, counted from the first use in that hour.
 */
public final class PeerQuota {
  private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

  private final Quotas quotas;
  private final LongSupplier nanoTime;

  private int connections;
  private int subscribed;
  private boolean counting;
  private long hourBegan;
  private long records;
  private long bytes;
  private long invitations;

  /**
   * The current use.
   *
   * @param bytes of blobs, files and DEKs
   */
  public record Usage(int connections, int spaces, long records, long bytes, long invitations) {}

  PeerQuota(Quotas quotas, LongSupplier nanoTime) {
    this.quotas = quotas;
    this.nanoTime = nanoTime;
  }

  public synchronized boolean takeConnection() {
    if (connections >= quotas.connections()) {
      return false;
    }
    connections++;
    return true;
  }

  public synchronized void giveBackConnection() {
    connections--;
  }

  /** Takes this many spaces, or none if they do not all fit. */
  public synchronized boolean takeSpaces(int count) {
    if (count > quotas.spaces() - subscribed) {
      return false;
    }
    subscribed += count;
    return true;
  }

  public synchronized void giveBackSpaces(int count) {
    subscribed -= count;
  }

  /** Counts a push, or refuses it if it exceeds the quota. */
  public synchronized boolean takeRecords(long count, long length) {
    turnHour();
    if (count > quotas.recordsPerHour() - records || length > quotas.bytesPerHour() - bytes) {
      return false;
    }
    records += count;
    bytes += length;
    return true;
  }

  /** Counts an upload, or refuses it if it exceeds the quota. */
  public synchronized boolean takeFile(long length) {
    return takeRecords(0, length);
  }

  public synchronized boolean takeInvitation() {
    turnHour();
    if (invitations >= quotas.invitationsPerHour()) {
      return false;
    }
    invitations++;
    return true;
  }

  public synchronized Usage usage() {
    if (counting && isHourOver()) {
      return new Usage(connections, subscribed, 0, 0, 0);
    }
    return new Usage(connections, subscribed, records, bytes, invitations);
  }

  private boolean isHourOver() {
    return nanoTime.getAsLong() - hourBegan >= HOUR_NANOS;
  }

  private void turnHour() {
    if (!counting || isHourOver()) {
      counting = true;
      hourBegan = nanoTime.getAsLong();
      records = 0;
      bytes = 0;
      invitations = 0;
    }
  }
}
