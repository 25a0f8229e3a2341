package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.fault.SqlErrors;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.protocol.SpaceId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * The outcome of the move of a space.
 *
 * @param from the number of its old database; the same as that of its new one if only an earlier
 *     move was ended
 * @param to the number of its new database
 * @param rows the rows of records, files, the membership log and revocations
 * @param bytes the number of bytes that were copied
 * @param fenced the time for which its writers had to wait
 * @param cleared whether nothing is left in the old database
 */
record MoveResult(
    SpaceId space, int from, int to, long rows, long bytes, Duration fenced, boolean cleared) {

  /**
   * Moves a space.
   *
   * @param databases all of them, from the first on, with the schema of this release
   * @throws StartRefused if it is not moved, or the move did not end; the message is one line
   */
  static MoveResult of(List<DataSource> databases, SpaceId space, int to) {
    boolean left = false;
    try (SpaceMove move = new SpaceMove(databases, space, to, MoveLimits.USUAL)) {
      if (!move.begin()) {
        if (move.hasCleanedUp()) {
          return new MoveResult(space, to, to, 0, 0, Duration.ZERO, true);
        }
        throw new StartRefused("space " + space.value() + " is in database " + to + " already");
      }
      move.copy();
      long rows = move.fence();
      move.leave();
      left = true;
      Duration fenced = move.arrive();
      return new MoveResult(space, move.from(), to, rows, move.bytes(), fenced, move.clear());
    } catch (SQLException failure) {
      throw new StartRefused(
          "the move of space "
              + space.value()
              + (left ? " has not ended" : " failed, or its end is not known")
              + "; run the same command again: "
              + SqlErrors.firstLine(failure),
          failure);
    }
  }

  /** As one line of text. */
  String line() {
    if (from == to) {
      return "Ended the earlier move of space %s to database %d.".formatted(space.value(), to);
    }
    return "Moved space %s from database %d to %d: %d rows, %d bytes copied, fenced for %d ms%s"
        .formatted(
            space.value(),
            from,
            to,
            rows,
            bytes,
            fenced.toMillis(),
            cleared
                ? "."
                : "; database " + from + " is being read, so run it again to remove its rows.");
  }

  /** For JSON. */
  Map<String, Object> map() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("space", space.value().toString());
    map.put("from", from);
    map.put("to", to);
    map.put("rows", rows);
    map.put("bytes", bytes);
    map.put("fenced_ms", fenced.toMillis());
    map.put("cleared", cleared);
    return map;
  }
}
