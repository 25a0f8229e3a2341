package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.FederationSettings.Quotas;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The quotas of one peer and its use of them (federation.md, Being called): connections and spaces
 * at a time, and the rest per hour, counted from the first use in that hour.
 */
public final class PeerQuota {
  private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

  private final String peer;
  private final Quotas quotas;
  private final PeerUseElsewhere elsewhere;
  private final LongSupplier nanoTime;

  private int connections;
  private int subscribed;
  private boolean counting;
  private long hourBegan;
  private long records;
  private long bytes;
  private long invitations;
  private Usage told = Usage.NONE;

  /**
   * The current use.
   *
   * @param bytes of blobs, files and DEKs
   */
  public record Usage(int connections, int spaces, long records, long bytes, long invitations) {
    static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    /** Both together; what no longer fits into a number is as much as fits. */
    Usage plus(Usage other) {
      return new Usage(
          (int) Math.min(Integer.MAX_VALUE, (long) connections + other.connections),
          (int) Math.min(Integer.MAX_VALUE, (long) spaces + other.spaces),
          sum(records, other.records),
          sum(bytes, other.bytes),
          sum(invitations, other.invitations));
    }

    private static long sum(long one, long other) {
      return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
    }
  }

  /**
   * @param peer its domain, without port
   * @param elsewhere knows what the peer uses on other nodes
   */
  PeerQuota(String peer, Quotas quotas, PeerUseElsewhere elsewhere, LongSupplier nanoTime) {
    this.peer = peer;
    this.quotas = quotas;
    this.elsewhere = elsewhere;
    this.nanoTime = nanoTime;
  }

  /** Takes a connection, and tells the other nodes at once. */
  public synchronized boolean takeConnection() {
    if (connections >= quotas.connections() - elsewhere.usage(peer).connections()) {
      return false;
    }
    connections++;
    tell();
    return true;
  }

  /**
   * Gives back a connection, and tells the other nodes at once: the peer may open another one
   * there.
   */
  public synchronized void giveBackConnection() {
    connections--;
    tell();
  }

  /** Takes this many spaces, or none if they do not all fit. */
  public synchronized boolean takeSpaces(int count) {
    if (count > left(quotas.spaces(), subscribed, elsewhere.usage(peer).spaces())) {
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
    Usage others = elsewhere.usage(peer);
    if (count > left(quotas.recordsPerHour(), records, others.records())
        || length > left(quotas.bytesPerHour(), bytes, others.bytes())) {
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
    if (invitations >= quotas.invitationsPerHour() - elsewhere.usage(peer).invitations()) {
      return false;
    }
    invitations++;
    return true;
  }

  /**
   * The rest of a quota. It was exceeded if nodes did not yet know of each other's use; then
   * nothing is left, and what takes nothing still fits.
   */
  private static long left(long quota, long here, long elsewhere) {
    return Math.max(0, quota - here - elsewhere);
  }

  /** The use of the peer on this node. */
  public synchronized Usage usage() {
    if (counting && isHourOver()) {
      return new Usage(connections, subscribed, 0, 0, 0);
    }
    return new Usage(connections, subscribed, records, bytes, invitations);
  }

  /**
   * Tells the other nodes what the peer uses here, if that has changed since they were told.
   *
   * @param again whether to tell it even if it has not changed, unless the peer uses nothing
   */
  synchronized void tell(boolean again) {
    Usage now = usage();
    if (!now.equals(told) || (again && !now.equals(Usage.NONE))) {
      tell();
    }
  }

  private void tell() {
    told = usage();
    long left = counting ? Math.max(0, HOUR_NANOS - (nanoTime.getAsLong() - hourBegan)) : 0;
    elsewhere.tell(peer, told, Duration.ofNanos(left));
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
