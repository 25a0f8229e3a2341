package dev.betterbase.sync.record;

import dev.betterbase.sync.quota.PersonGrants;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.GroupCommit;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Writes pushes. Small ones that come while others are being written share one statement and one
 * commit (docs/decisions/0024-group-commit.md). A push that is large, or that deletes and so locks
 * rows of files, is written alone.
 */
@ApplicationScoped
public class PushGroups {
  /** Pushes in one group. */
  static final int PUSHES_AT_MOST = 32;

  /** Changes in one group. */
  static final int CHANGES_AT_MOST = 256;

  /** Bytes of blobs in one group. */
  static final int BYTES_AT_MOST = 256 * 1024;

  /** A push of more than a group may have, divided by this number, is written alone. */
  private static final int PART = 4;

  /** A fifth of the connections, so that groups form before all connections are at work. */
  private static final int CONNECTIONS_FOR_A_WRITER = 5;

  @Inject private RecordStore records;
  @Inject private PersonGrants grants;
  @Inject private Database database;
  @Inject private Settings settings;

  /** One for each database. */
  private List<GroupCommit<RecordPush, Optional<Entry<PushOutcome>>>> groups = List.of();

  @PostConstruct
  void open() {
    DatabaseSettings limits = settings.database();
    // The second push to a space that is being written to would only find the space locked.
    var bounds =
        new GroupCommit.Groups<RecordPush>(
            Math.max(1, limits.poolSize() / CONNECTIONS_FOR_A_WRITER),
            push -> push.access().space(),
            PushGroups::room);
    // Twice: for the group before it, and for its own.
    Duration patience = limits.poolWait().plus(limits.statementTimeout()).multipliedBy(2);
    groups =
        database.all().stream()
            .map(
                where ->
                    new GroupCommit<>(
                        "push",
                        bounds,
                        patience,
                        (List<RecordPush> pushes) -> records.pushTogether(where, pushes)))
            .toList();
  }

  /**
   * Pushes all of the changes, or none.
   *
   * @param changes changes of different records
   * @param quota the storage quotas that hold for the caller
   * @throws dev.betterbase.sync.storage.StorageException if the database fails
   */
  public Entry<PushOutcome> push(Access access, List<RecordChange> changes, StorageQuota quota) {
    RecordPush push = new RecordPush(access, changes, quota);
    return together(push).orElseGet(() -> alone(push));
  }

  private Entry<PushOutcome> alone(RecordPush push) {
    return grants.write(
        push.quota(),
        () -> records.push(push),
        exceeded -> new Entry.Entered<>(new PushOutcome.OverQuota(exceeded)));
  }

  /** Empty if the push was not written, because it is not for a group or a lock is taken. */
  private Optional<Entry<PushOutcome>> together(RecordPush push) {
    return fits(push)
        ? groups.get(push.access().in(database).number() - 1).write(push)
        : Optional.empty();
  }

  /** Whether a push may be in a group. */
  static boolean fits(RecordPush push) {
    return push.changes().size() <= CHANGES_AT_MOST / PART
        && push.bytes() <= BYTES_AT_MOST / PART
        && !push.deletes();
  }

  /** Counts what is in a group, and says of each next push whether the group has room for it. */
  static Predicate<RecordPush> room() {
    return new Predicate<>() {
      private int pushes;
      private int changes;
      private long bytes;

      @Override
      public boolean test(RecordPush push) {
        pushes++;
        changes += push.changes().size();
        bytes += push.bytes();
        return pushes <= PUSHES_AT_MOST && changes <= CHANGES_AT_MOST && bytes <= BYTES_AT_MOST;
      }
    };
  }
}
