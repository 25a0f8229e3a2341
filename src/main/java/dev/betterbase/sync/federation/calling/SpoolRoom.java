package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.storage.DiskFloor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * The disk space of all spools of a node. Each may have a part of the space that is free at the
 * moment (dynamic thresholds, as in {@link dev.betterbase.sync.rpc.outbound.SendBudget}), so that
 * many stalled readers leave room for others. Nothing is spooled while the disk is nearly full.
 */
@ApplicationScoped
public class SpoolRoom {
  private static final long CAPACITY = 8L << 30;

  /** Each spool may have the free space divided by this: at most 1 GiB. */
  private static final int PART = 8;

  /** The time for which an answer about the disk is good. */
  private static final long ASKED_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** More than one second's worth of chunks from all home servers, on a fast network. */
  private static final long MARGIN_BYTES = 64L << 20;

  private final long capacity;
  private final BooleanSupplier disk;
  private final AtomicLong held = new AtomicLong();
  private volatile boolean diskHasRoom = true;
  private volatile long askedAt = System.nanoTime() - ASKED_AGAIN_NANOS;

  /** For CDI, which makes a proxy of this class. */
  protected SpoolRoom() {
    this(CAPACITY, () -> true);
  }

  @Inject
  SpoolRoom(DiskFloor floor) {
    this(CAPACITY, () -> floor.hasRoom(DiskFloor.Use.SPOOL, folder(), MARGIN_BYTES));
  }

  /**
   * @param capacity bytes in all
   * @param disk whether the disk has room
   */
  SpoolRoom(long capacity, BooleanSupplier disk) {
    this.capacity = capacity;
    this.disk = disk;
  }

  /** The folder of the files of spools. */
  static Path folder() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  /**
   * Takes room for more bytes.
   *
   * @param had the bytes that the spool has already
   * @return false if there is none
   */
  boolean take(long had, long more) {
    if (had + more > (capacity - held.get() + had) / PART || !diskHasRoom()) {
      return false;
    }
    held.addAndGet(more);
    return true;
  }

  /** Gives room back. */
  void giveBack(long bytes) {
    held.addAndGet(-bytes);
  }

  private boolean diskHasRoom() {
    long now = System.nanoTime();
    if (now - askedAt >= ASKED_AGAIN_NANOS) {
      askedAt = now;
      diskHasRoom = disk.getAsBoolean();
    }
    return diskHasRoom;
  }
}
