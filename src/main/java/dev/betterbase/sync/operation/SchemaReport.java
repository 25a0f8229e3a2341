package dev.betterbase.sync.operation;

import java.util.ArrayList;
import java.util.List;

/**
 * The report of a migration: the changes that it made or would make.
 *
 * @param before the content of the database before
 * @param migrations the names of the migrations that were applied or would be
 * @param done whether they were applied
 * @param brokenRows rows of the earlier release that break a new constraint
 */
public record SchemaReport(
    SchemaState before, List<String> migrations, boolean done, List<BrokenRows> brokenRows) {

  /** Whether there was nothing to do. */
  public boolean upToDate() {
    return migrations.isEmpty();
  }

  /** Whether a start has to tell the operator of it. */
  public boolean isNews() {
    return !upToDate() || before == SchemaState.NEWER;
  }

  /** The report for the operator, line by line. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (before == SchemaState.NEWER) {
      lines.add(
          "The schema is of a newer release, which lets this one (version %d) work on it. Nothing"
                  .formatted(SchemaMigration.latestVersion())
              + " is changed.");
    } else if (upToDate()) {
      lines.add("The schema is up to date.");
    } else {
      lines.add(
          switch (before) {
            case EMPTY -> done ? "Made the schema in an empty database." : "The database is empty.";
            case EARLIER_RELEASE ->
                done
                    ? "Adopted a database of the earlier release; that release no longer starts on"
                        + " it."
                    : "This is a database of the earlier release. Adopting it loses no row and is"
                        + " one-way: that release will not start on it again. Make a backup and"
                        + " stop all of its servers first.";
            case OWN, NEWER ->
                done ? "Brought the schema up to date." : "The schema is of an older version.";
          });
      for (String migration : migrations) {
        lines.add((done ? "Applied migration " : "Would apply migration ") + migration);
      }
    }
    for (BrokenRows broken : brokenRows) {
      lines.add(
          "%d %s %s (%s); kept as they are, the constraint is for new rows:"
              .formatted(
                  broken.count(),
                  broken.count() == 1 ? "row breaks" : "rows break",
                  broken.constraint(),
                  broken.meaning()));
      broken.rows().forEach(row -> lines.add("  " + row));
      if (broken.count() > broken.rows().size()) {
        lines.add("  and " + (broken.count() - broken.rows().size()) + " more");
      }
    }
    return List.copyOf(lines);
  }
}
