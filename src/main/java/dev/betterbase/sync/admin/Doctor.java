package dev.betterbase.sync.admin;

import dev.betterbase.sync.admin.Finding.Check;
import dev.betterbase.sync.admin.Finding.Repair;
import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Looks for contradictions in the database and between it and the file storage, while servers run
 * or not. It repairs only those that can be repaired without loss.
 */
public final class Doctor {
  /** The most findings of one query; more of the same kind say nothing new. */
  private static final int AT_MOST = 1_000;

  private static final int PAGE = 500;

  private final List<DoctorStore> stores;
  private final boolean repairs;
  private final Consumer<Finding> findings;

  /**
   * @param stores one for each database, from the first on
   * @param repairs whether it repairs the findings that can be repaired
   * @param findings is told of each finding at once
   */
  public Doctor(List<DoctorStore> stores, boolean repairs, Consumer<Finding> findings) {
    this.stores = List.copyOf(stores);
    this.repairs = repairs;
    this.findings = findings;
  }

  /** Compares the cursors of spaces with those of their records and files. */
  public void checkCursors() {
    stores.forEach(this::checkCursors);
  }

  private void checkCursors(DoctorStore store) {
    for (var beyond : store.cursorsBeyond(AT_MOST)) {
      find(
          Check.CURSORS,
          "space " + beyond.space(),
          "its cursor is " + beyond.cursor() + ", but " + beyond.highest() + " is in it",
          () -> store.raiseCursor(beyond.space(), beyond.highest()));
    }
  }

  /** Compares the bytes counted for the storage quotas with the bytes in each space. */
  public void checkUsedBytes() {
    stores.forEach(this::checkUsedBytes);
  }

  private void checkUsedBytes(DoctorStore store) {
    for (var miscounted : store.miscounted(AT_MOST)) {
      find(
          Check.USED_BYTES,
          "space " + miscounted.space(),
          miscounted.counted()
              + " bytes count for the storage quotas, but it has "
              + miscounted.actual(),
          () -> store.recount(miscounted.space()));
    }
  }

  /** Looks for what interrupted moves have left of spaces. */
  public void checkMoves() {
    stores.stream()
        .flatMap(store -> store.leftBehind(AT_MOST).stream())
        .distinct()
        .forEach(
            space ->
                find(
                    Check.MOVES,
                    "space " + space,
                    "it is in another database than some of its rows: a move runs, or was"
                        + " interrupted and admin spaces move must be run again"));
  }

  /** Looks whether the directory names the database of each space. */
  public void checkDirectory() {
    for (int database = 1; database <= stores.size() && stores.size() > 1; database++) {
      checkDirectory(database);
    }
  }

  private void checkDirectory(int database) {
    DoctorStore store = stores.get(database - 1);
    List<UUID> page = List.of(SpaceAdminStore.BEFORE_ALL);
    int found = 0;
    do {
      page = store.spacesHere(page.getLast(), PAGE);
      Map<UUID, DoctorStore.Place> places = stores.getFirst().places(page);
      for (UUID space : page) {
        DoctorStore.Place place = Objects.requireNonNull(places.get(space));
        // It may have moved since it was listed.
        if (!place.isNamed(database) && store.isHere(space)) {
          found++;
          find(
              Check.DIRECTORY,
              "space " + space,
              "it is in database "
                  + database
                  + ", but the directory names database "
                  + place.shard()
                  + ", so no server finds it: restore all databases from one backup");
        }
      }
    } while (page.size() == PAGE && found < AT_MOST);
  }

  /** Follows the chain of each membership log. */
  public void checkMembership() {
    stores.forEach(this::checkMembership);
  }

  private void checkMembership(DoctorStore store) {
    store
        .altered(AT_MOST)
        .forEach(entry -> findEntry(entry, "its hash is not that of its payload"));
    store
        .unlinked(AT_MOST)
        .forEach(entry -> findEntry(entry, "it does not follow the entry before it"));
  }

  private void findEntry(DoctorStore.EntryKey entry, String problem) {
    find(
        Check.MEMBERSHIP,
        "space " + entry.space() + " entry " + entry.chainSeq(),
        problem + "; clients refuse the log: restore it from a backup");
  }

  /** Compares rows with bytes, both ways. */
  public void checkFiles(Storage storage) throws IOException {
    for (DoctorStore store : stores) {
      checkRows(store, storage);
    }
    checkBytes(storage);
  }

  private void checkRows(DoctorStore store, Storage storage) throws IOException {
    UUID space = SpaceAdminStore.BEFORE_ALL;
    UUID file = SpaceAdminStore.BEFORE_ALL;
    List<StoredFileRow> page;
    do {
      page = store.files(space, file, PAGE);
      for (StoredFileRow row : page) {
        space = row.space();
        file = row.id();
        Optional<String> problem = problem(row, storage.size(row.key()));
        // A file that was deleted meanwhile has neither row nor bytes.
        if (problem.isPresent() && store.isLive(row)) {
          find(Check.FILE_BYTES, subject(row.key()), problem.get());
        }
      }
    } while (page.size() == PAGE);
  }

  private static Optional<String> problem(StoredFileRow row, OptionalLong stored) {
    if (stored.isEmpty()) {
      return Optional.of("its bytes are missing: restore them from a backup");
    }
    return stored.getAsLong() == row.size()
        ? Optional.empty()
        : Optional.of(
            "it has "
                + stored.getAsLong()
                + " bytes, but should have "
                + row.size()
                + ": restore them from a backup");
  }

  private void checkBytes(Storage storage) throws IOException {
    List<FileKey> batch = new ArrayList<>(PAGE);
    storage.visit(
        key -> {
          batch.add(key);
          if (batch.size() == PAGE) {
            checkBytes(batch, storage);
            batch.clear();
          }
        });
    checkBytes(batch, storage);
  }

  private void checkBytes(List<FileKey> batch, Storage storage) throws IOException {
    if (batch.isEmpty()) {
      return;
    }
    List<FileKey> strays = batch;
    for (DoctorStore store : stores) {
      strays = strays.isEmpty() ? strays : store.strays(strays);
    }
    for (FileKey key : strays) {
      // A file that was deleted since it was listed.
      if (storage.size(key).isPresent()) {
        find(
            Check.STRAY_BYTES,
            subject(key),
            "the storage has bytes, but no row names them",
            () -> stores.getFirst().planRemoval(key));
      }
    }
  }

  private static String subject(FileKey key) {
    return "space " + key.space() + " file " + key.file();
  }

  private void find(Check check, String subject, String problem) {
    findings.accept(new Finding(check, subject, problem, Repair.NONE));
  }

  private void find(Check check, String subject, String problem, Runnable repair) {
    if (repairs) {
      repair.run();
    }
    findings.accept(new Finding(check, subject, problem, repairs ? Repair.DONE : Repair.POSSIBLE));
  }
}
