package dev.betterbase.sync.quota;

import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The parts of a person's quota that each of several databases has
 * (docs/decisions/0020-many-databases.md, Quotas of a person). A write compares with the part of
 * its own database. Only if that is too small, more is asked for. With one database there are no
 * parts.
 */
@ApplicationScoped
public class PersonGrants {
  /** Other nodes may take bytes away that were granted here, before they are used. */
  private static final int ATTEMPTS = 8;

  /** A power of two. */
  private static final int LOCKS = 1_024;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Inject private Database database;

  /**
   * Those who ask for the same person on this node do so one after another: the first may have got
   * enough for all.
   */
  private final List<ReentrantLock> asking =
      Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

  /** For the container. */
  public PersonGrants() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public PersonGrants(Database database) {
    this.database = database;
  }

  /**
   * Does a write, with a greater part of the quota if that is needed.
   *
   * @param quota the quotas that hold for the write
   * @param write throws {@link GrantNeededException} if the part is too small
   * @param refused makes the answer if the quota of the person is exceeded
   * @throws StorageException if a database fails, or one that is away may have the bytes that are
   *     needed
   */
  public <T> T write(StorageQuota quota, Supplier<T> write, Function<Exceeded, T> refused) {
    try {
      return write.get();
    } catch (GrantNeededException first) {
      ReentrantLock lock = asking.get(first.person().hashCode() & (LOCKS - 1));
      take(lock);
      try {
        return again(quota.personBytes().orElseThrow(), write, refused);
      } finally {
        lock.unlock();
      }
    }
  }

  private <T> T again(long quota, Supplier<T> write, Function<Exceeded, T> refused) {
    for (int attempt = 1; ; attempt++) {
      try {
        return write.get();
      } catch (GrantNeededException needed) {
        if (attempt == ATTEMPTS) {
          throw new StorageException("write under a quota failed, because grants change", needed);
        }
        Optional<Exceeded> exceeded = new GrantRequest(database, quota, needed).send();
        if (exceeded.isPresent()) {
          return refused.apply(exceeded.get());
        }
      }
    }
  }

  private static void take(ReentrantLock lock) {
    try {
      if (!lock.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new StorageException(
            "write under a quota failed, because others wait", new TimeoutException());
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new StorageException("write under a quota was interrupted", stopped);
    }
  }
}
