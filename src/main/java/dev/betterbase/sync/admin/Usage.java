package dev.betterbase.sync.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * How much is stored.
 *
 * @param totals of all spaces
 * @param mostRecordBytes the spaces with most bytes in records, largest first
 * @param mostFileBytes the spaces with most bytes in files, largest first
 * @param tables what PostgreSQL says about the tables, largest first
 */
public record Usage(
    Totals totals,
    List<SpaceSummary> mostRecordBytes,
    List<SpaceSummary> mostFileBytes,
    List<Table> tables) {
  public Usage {
    mostRecordBytes = List.copyOf(mostRecordBytes);
    mostFileBytes = List.copyOf(mostFileBytes);
    tables = List.copyOf(tables);
  }

  /**
   * The sums of all spaces.
   *
   * @param recordTombstones deleted records, whose rows stay
   * @param fileTombstones deleted files, whose rows stay
   * @param filesToRemove deleted files whose bytes are still to be removed from the storage
   */
  public record Totals(
      long spaces,
      long records,
      long recordBytes,
      long recordTombstones,
      long files,
      long fileBytes,
      long fileTombstones,
      long filesToRemove,
      long invitations) {

    /** The sums by the names under which they are shown. */
    public SequencedMap<String, Long> byName() {
      SequencedMap<String, Long> sums = new LinkedHashMap<>();
      sums.put("spaces", spaces);
      sums.put("records", records);
      sums.put("record_bytes", recordBytes);
      sums.put("record_tombstones", recordTombstones);
      sums.put("files", files);
      sums.put("file_bytes", fileBytes);
      sums.put("file_tombstones", fileTombstones);
      sums.put("files_to_remove", filesToRemove);
      sums.put("invitations", invitations);
      return sums;
    }
  }

  /**
   * A table, as the statistics of PostgreSQL count it.
   *
   * @param deadRows versions of rows that VACUUM has yet to remove
   * @param bytes on disk, with its indexes
   */
  public record Table(String name, long liveRows, long deadRows, long bytes) {}
}
