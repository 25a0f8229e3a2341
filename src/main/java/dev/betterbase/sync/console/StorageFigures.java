package dev.betterbase.sync.console;

import dev.betterbase.sync.admin.Doctor;
import dev.betterbase.sync.admin.DoctorStore;
import dev.betterbase.sync.admin.Finding;
import dev.betterbase.sync.admin.SpaceSummary;
import dev.betterbase.sync.admin.Usage;
import dev.betterbase.sync.admin.UsageStore;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The amount of stored data. Counting reads whole tables, so one request does so at a time, and its
 * result is used for a minute.
 */
@ApplicationScoped
public class StorageFigures {
  private static final Logger LOG = System.getLogger(StorageFigures.class.getName());

  private static final int LARGEST = 10;
  private static final Duration HOLDS = Duration.ofMinutes(1);

  /** The time that a page waits for the first count, which another one has begun. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @Inject private Database database;

  private final ReentrantLock reading = new ReentrantLock();
  private volatile @Nullable Counted last;

  /**
   * A database.
   *
   * @param number its number among the databases, from 1
   * @param usage the usage of the database; empty if it did not answer
   */
  record Part(int number, Optional<Usage> usage) {}

  /**
   * A count and its time.
   *
   * @param parts all databases, from the first on, which has answered
   */
  record Counted(List<Part> parts, Instant at) {
    Counted {
      parts = List.copyOf(parts);
    }

    /** The sum over the databases that have answered. */
    Usage sum() {
      return Usage.sum(parts.stream().flatMap(part -> part.usage().stream()).toList(), LARGEST);
    }
  }

  /**
   * The amount of stored data.
   *
   * @throws StorageException if the first database does not answer
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
        counted = new Counted(database.all().stream().map(this::count).toList(), Instant.now());
        last = counted;
      }
      return counted;
    } finally {
      reading.unlock();
    }
  }

  private Part count(Database each) {
    return new Part(each.number(), ifThere(each, there -> new UsageStore(there).usage(LARGEST)));
  }

  /**
   * Asks a database something. Empty if it does not answer and is not the first, without which
   * nothing goes on.
   */
  private static <T> Optional<T> ifThere(Database database, Function<Database, T> question) {
    try {
      return Optional.of(question.apply(database));
    } catch (StorageException away) {
      if (database.isFirst()) {
        throw away;
      }
      LOG.log(Level.DEBUG, "a database does not answer", away);
      return Optional.empty();
    }
  }

  private static boolean holds(Counted counted) {
    return holds(counted.at(), Instant.now());
  }

  /** A count from the future does not: the clock has been set back since. */
  static boolean holds(Instant at, Instant now) {
    return !at.isAfter(now) && at.plus(HOLDS).isAfter(now);
  }

  /**
   * The findings of a check.
   *
   * @param findings in the databases that have answered
   * @param away the numbers of the others
   */
  record Checked(List<Finding> findings, List<Integer> away) {
    Checked {
      findings = List.copyOf(findings);
      away = List.copyOf(away);
    }
  }

  /**
   * Checks cursors and membership logs, and repairs nothing.
   *
   * @throws StorageException if the first database does not answer
   * @throws HttpError 503 if somebody else has something counted or checked
   */
  Checked check() {
    if (!reading.tryLock()) {
      throw busy();
    }
    try {
      List<Finding> findings = new ArrayList<>();
      List<Integer> away = new ArrayList<>();
      for (Database each : database.all()) {
        ifThere(each, StorageFigures::check)
            .ifPresentOrElse(findings::addAll, () -> away.add(each.number()));
      }
      return new Checked(findings, away);
    } finally {
      reading.unlock();
    }
  }

  private static List<Finding> check(Database each) {
    List<Finding> findings = new ArrayList<>();
    Doctor doctor = new Doctor(List.of(new DoctorStore(each)), false, findings::add);
    doctor.checkCursors();
    doctor.checkMembership();
    return findings;
  }

  /**
   * The result of a search for a space.
   *
   * @param number the database in which it is; 0 if it was not found
   * @param space the figures of the space; empty if it was not found
   * @param away the numbers of the databases that did not answer
   */
  record Sought(int number, Optional<SpaceSummary> space, List<Integer> away) {
    Sought {
      away = List.copyOf(away);
    }
  }

  /**
   * Looks for a space in all databases.
   *
   * @throws StorageException if the first database does not answer
   */
  Sought find(UUID id) {
    List<Integer> away = new ArrayList<>();
    for (Database each : database.all()) {
      Optional<List<SpaceSummary>> spaces =
          ifThere(each, there -> new UsageStore(there).space(id).stream().toList());
      if (spaces.isEmpty()) {
        away.add(each.number());
      } else if (!spaces.get().isEmpty()) {
        return new Sought(each.number(), spaces.get().stream().findFirst(), away);
      }
    }
    return new Sought(0, Optional.empty(), away);
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
