package dev.betterbase.sync.file;

import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.settings.Settings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** What holds for bytes on their way in and out alike. */
final class Transfers {
  private static final Logger LOG = System.getLogger(Transfers.class.getName());

  private Transfers() {}

  /**
   * How many may go on at a time, in each direction: each holds a thread, and half of them are left
   * for everything else.
   */
  static int atMost(Settings settings) {
    return Math.max(1, settings.httpThreads() / 4);
  }

  /** The storage did not do its part. What it says is for the log. */
  static HttpError unavailable(String what, Exception failure) {
    LOG.log(Level.ERROR, "The file storage failed ({0}): {1}", what, failure.toString());
    return new HttpError(503, "file storage unavailable");
  }
}
