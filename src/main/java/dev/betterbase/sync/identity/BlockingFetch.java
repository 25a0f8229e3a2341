package dev.betterbase.sync.identity;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;

/**
 * Fetches a document with {@link HttpURLConnection}, for hosts whose names contain an underscore,
 * as the names of services in Docker Compose do. The JDK's {@code HttpClient} refuses them, and so
 * does Jetty's. The calling thread is blocked for at most twice the time-out: once while the answer
 * arrives, and once for the last read.
 */
final class BlockingFetch {
  private static final int BUFFER_BYTES = 8 * 1024;

  /** The status and the body of an answer; the body is empty unless the status is 200. */
  record Answer(int status, byte[] body) {}

  private BlockingFetch() {}

  /**
   * Sends GET and reads the answer. Redirects are not followed.
   *
   * @param timeout the time-out of the whole exchange
   * @param maxBytes the size of the largest accepted body
   */
  static Answer get(URI url, Duration timeout, int maxBytes) throws IOException {
    long start = System.nanoTime();
    if (!(url.toURL().openConnection() instanceof HttpURLConnection connection)) {
      throw new IOException("not an http or https URL");
    }
    int millis = Math.toIntExact(timeout.toMillis());
    connection.setConnectTimeout(millis);
    connection.setReadTimeout(millis);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestProperty("Accept", "application/json");
    try {
      int status = connection.getResponseCode();
      if (status != HttpURLConnection.HTTP_OK) {
        return new Answer(status, new byte[0]);
      }
      var body = new ByteArrayOutputStream();
      byte[] buffer = new byte[BUFFER_BYTES];
      try (InputStream in = connection.getInputStream()) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          if (read > maxBytes - body.size()) {
            throw new IOException("the body has more than " + maxBytes + " bytes");
          }
          if (System.nanoTime() - start > timeout.toNanos()) {
            throw new SocketTimeoutException("the body takes too long");
          }
          body.write(buffer, 0, read);
        }
      }
      return new Answer(status, body.toByteArray());
    } finally {
      connection.disconnect();
    }
  }
}
