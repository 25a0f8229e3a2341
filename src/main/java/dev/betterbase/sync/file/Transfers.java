package dev.betterbase.sync.file;

import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.http.Pace;
import dev.betterbase.sync.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** What holds for bytes on their way in and out alike. */
final class Transfers {
  private static final Logger LOG = System.getLogger(Transfers.class.getName());

  private static final int BUFFER_BYTES = 64 * 1024;

  private Transfers() {}

  /**
   * How many may go on at a time, in each direction: each holds a thread, and half of them are left
   * for everything else.
   */
  static int atMost(Settings settings) {
    return Math.max(1, settings.httpThreads() / 4);
  }

  /**
   * Hands bytes out, all of them, and gives them back.
   *
   * @throws IOException where one of both ends breaks, or the client takes them too slowly
   */
  static void send(InputStream bytes, OutputStream to) throws IOException {
    try (bytes) {
      Pace pace = new Pace(System::nanoTime);
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read; (read = bytes.read(buffer)) >= 0; ) {
        to.write(buffer, 0, read);
        pace.count(read);
        if (pace.isTooSlow()) {
          throw new IOException("a client takes its file too slowly");
        }
      }
    }
  }

  /** The storage did not do its part. What it says is for the log. */
  static HttpError unavailable(String what, Exception failure) {
    LOG.log(Level.ERROR, "The file storage failed ({0}): {1}", what, failure.toString());
    return new HttpError(503, "file storage unavailable");
  }
}
