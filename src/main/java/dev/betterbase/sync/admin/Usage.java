package dev.betterbase.sync.admin;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * The amount of stored data.
 *
 * @param totals of all spaces
 * @param mostRecordBytes the spaces with most bytes in records, largest first
 * @param mostFileBytes the spaces with most bytes in files, largest first
 * @param tables the sizes of the tables as PostgreSQL reports them, largest first
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

    private Totals plus(Totals other) {
      return new Totals(
          spaces + other.spaces,
          records + other.records,
          recordBytes + other.recordBytes,
          recordTombstones + other.recordTombstones,
          files + other.files,
          fileBytes + other.fileBytes,
          fileTombstones + other.fileTombstones,
          filesToRemove + other.filesToRemove,
          invitations + other.invitations);
    }

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
   * The sum over several databases.
   *
   * @param largest the number of largest spaces that are named
   */
  public static Usage sum(List<Usage> parts, int largest) {
    Map<String, Table> tables = new HashMap<>();
    parts.stream()
        .flatMap(part -> part.tables().stream())
        .forEach(table -> tables.merge(table.name(), table, Table::plus));
    return new Usage(
        parts.stream().map(Usage::totals).reduce(Totals::plus).orElseThrow(),
        largest(parts, Usage::mostRecordBytes, SpaceSummary::recordBytes, largest),
        largest(parts, Usage::mostFileBytes, SpaceSummary::fileBytes, largest),
        tables.values().stream()
            .sorted(Comparator.comparing(Table::bytes).reversed().thenComparing(Table::name))
            .toList());
  }

  private static List<SpaceSummary> largest(
      List<Usage> parts,
      Function<Usage, List<SpaceSummary>> spaces,
      ToLongFunction<SpaceSummary> bytes,
      int atMost) {
    return parts.stream()
        .flatMap(part -> spaces.apply(part).stream())
        .sorted(
            Comparator.comparingLong(bytes)
                .reversed()
                .thenComparing(space -> space.id().toString()))
        .limit(atMost)
        .toList();
  }

  /**
   * A table, as the statistics of PostgreSQL count it.
   *
   * @param deadRows versions of rows that VACUUM has yet to remove
   * @param bytes on disk, with its indexes
   */
  public record Table(String name, long liveRows, long deadRows, long bytes) {
    private Table plus(Table other) {
      return new Table(
          name, liveRows + other.liveRows, deadRows + other.deadRows, bytes + other.bytes);
    }
  }
}
