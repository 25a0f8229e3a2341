package dev.betterbase.sync.console;

import dev.betterbase.sync.admin.Doctor;
import dev.betterbase.sync.admin.DoctorStore;
import dev.betterbase.sync.admin.Finding;
import dev.betterbase.sync.admin.Usage;
import dev.betterbase.sync.admin.UsageStore;
import dev.betterbase.sync.http.HttpError;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What is stored. To count it reads whole tables, so one request does so at a time, and what was
 * counted holds for a minute.
 */
@ApplicationScoped
public class StorageFigures {
  private static final int LARGEST = 10;
  private static final Duration HOLDS = Duration.ofMinutes(1);

  /** How long a page waits for the first count, which another one has begun. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @Inject private UsageStore usages;
  @Inject private DoctorStore doctors;

  private final ReentrantLock reading = new ReentrantLock();
  private volatile @Nullable Counted last;

  /** What was counted, and when. */
  record Counted(Usage usage, Instant at) {}

  /**
   * How much is stored.
   *
   * @throws HttpError 503 if somebody else has it counted for the first time, which takes long
   */
  Counted usage() {
    Counted known = last;
    if (known != null && holds(known)) {
      return known;
    }
    if (known == null) {
      awaitTurn();
    } else if (!reading.tryLock()) {
      return known;
    }
    try {
      Counted counted = last;
      if (counted == null || !holds(counted)) {
        counted = new Counted(usages.usage(LARGEST), Instant.now());
        last = counted;
      }
      return counted;
    } finally {
      reading.unlock();
    }
  }

  private static boolean holds(Counted counted) {
    return counted.at().plus(HOLDS).isAfter(Instant.now());
  }

  /**
   * Checks cursors and membership logs, and repairs nothing.
   *
   * @throws HttpError 503 if somebody else has something counted or checked
   */
  List<Finding> check() {
    if (!reading.tryLock()) {
      throw busy();
    }
    try {
      List<Finding> findings = new ArrayList<>();
      Doctor doctor = new Doctor(List.of(doctors), false, findings::add);
      doctor.checkCursors();
      doctor.checkMembership();
      return findings;
    } finally {
      reading.unlock();
    }
  }

  private void awaitTurn() {
    try {
      if (!reading.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw busy();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw busy();
    }
  }

  private static HttpError busy() {
    return new HttpError(503, "the tables are being read: try again in a few seconds");
  }
}
