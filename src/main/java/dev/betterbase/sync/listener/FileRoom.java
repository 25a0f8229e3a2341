package dev.betterbase.sync.listener;

/**
 * The number of files, connections included, that this process may open.
 *
 * @param limit the most; {@link Long#MAX_VALUE} if there is no limit
 * @param open the number of open files now
 * @param advice says how to raise the limit, for a log
 */
public record FileRoom(long limit, long open, String advice) {
  /**
   * The number of connections that may be opened, at least 1, if some files are left for other
   * uses.
   */
  long leaving(long others) {
    return limit == Long.MAX_VALUE ? limit : Math.max(1, limit - open - others);
  }
}
