package dev.betterbase.sync.file;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.http.Pace;
import dev.betterbase.sync.http.ResponseFilter;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.settings.Settings;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The code that uploads and downloads share. */
final class Transfers {
  private static final FailureLog LOG = new FailureLog(Transfers.class);

  private static final int BUFFER_BYTES = 64 * 1024;

  private Transfers() {}

  /**
   * The most transfers at a time in each direction. Each holds a thread, and half of the threads
   * are left for everything else.
   */
  static int atMost(Settings settings) {
    return Math.max(1, settings.httpThreads() / 4);
  }

  /**
   * Sends all bytes to the client and closes the stream.
   *
   * @param request is marked if its response ends early, because JAX-RS keeps the exception
   * @param file whose bytes they are, for the log
   * @param place counts what is sent, and is given back at the end
   * @throws IOException if the storage or the client fails, the client reads too slowly, or the
   *     download has to give way
   */
  static void send(
      HttpServletRequest request,
      FileKey file,
      InputStream bytes,
      OutputStream to,
      TransferPlaces.Place place)
      throws IOException {
    try (place;
        bytes) {
      Pace pace = new Pace(System::nanoTime);
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read; (read = read(file, bytes, buffer)) >= 0; ) {
        to.write(buffer, 0, read);
        pace.count(read);
        place.count(read);
        if (pace.isTooSlow()) {
          throw new IOException("a client takes its file too slowly");
        }
        if (place.isDisplaced()) {
          throw new IOException("a download gives way to others");
        }
      }
    } catch (IOException early) {
      request.setAttribute(ResponseFilter.UNFINISHED, true);
      throw early;
    }
  }

  // The client sees only that its connection ends.
  private static int read(FileKey file, InputStream bytes, byte[] buffer) throws IOException {
    try {
      return bytes.read(buffer);
    } catch (IOException failure) {
      LOG.failedOutside(
          "The source of a download",
          failure,
          LogContext.ofFile(HttpMethod.GET, file.space(), file.file()));
      throw failure;
    }
  }

  /**
   * The answer when the storage failed. Its own message goes to the log only.
   *
   * @param method of the request
   */
  static HttpError unavailable(String method, FileKey file, Exception failure) {
    LOG.failedOutside(
        "The file storage", failure, LogContext.ofFile(method, file.space(), file.file()));
    return new HttpError(503, "file storage unavailable");
  }
}
