package dev.betterbase.sync.http;

import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Semaphore;

/**
 * If a request was answered before its body was read, sends the response and then reads the body. A
 * server that closes a connection while the client is still sending resets it, and the client may
 * never see the response, for example that the file already exists.
 */
public class UnreadBodyFilter extends HttpFilter {
  private static final Logger LOG = System.getLogger(UnreadBodyFilter.class.getName());

  /** The size of the largest file. A longer body was refused for its length. */
  private static final long BYTES_AT_MOST = 100L * 1024 * 1024;

  private static final int BUFFER_BYTES = 16 * 1024;

  @Inject private Settings settings;

  /** Each holds a thread, so they may hold an eighth of all threads. Others are disconnected. */
  private transient Semaphore places;

  @PostConstruct
  void prepare() {
    places = new Semaphore(Math.max(1, settings.httpThreads() / 8));
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getHeader("Upgrade") != null) {
      // Payara silently stops using a connection whose body came with an Upgrade header. The next
      // request of a client that offers HTTP/2, as the JDK's does, would be lost.
      response.setHeader("Connection", "close");
    }
    chain.doFilter(request, response);
    // A client that sends Expect may be waiting for a 100 before it sends the body, and reading
    // would send that 100. The body of a file that was created has been read to its end.
    if (request.getMethod().equals("PUT")
        && request.getHeader("Expect") == null
        && response.getStatus() != HttpServletResponse.SC_CREATED
        && places.tryAcquire()) {
      try {
        response.flushBuffer();
        drain(request.getInputStream(), request.getContentLengthLong());
      } catch (IOException gone) {
        LOG.log(Level.DEBUG, "An unread body could not be skipped: {0}", gone.getMessage());
      } finally {
        places.release();
      }
    }
  }

  /**
   * Reads exactly the declared length. On Payara the end of a body that came with an {@code
   * Upgrade} header is not reported, and a further read would wait forever.
   */
  private static void drain(InputStream body, long length) throws IOException {
    Pace pace = new Pace(System::nanoTime);
    byte[] buffer = new byte[BUFFER_BYTES];
    long left = length < 0 ? BYTES_AT_MOST : Math.min(length, BYTES_AT_MOST);
    while (left > 0 && !pace.isTooSlow()) {
      int read = body.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        return;
      }
      pace.count(read);
      left -= read;
    }
  }
}
