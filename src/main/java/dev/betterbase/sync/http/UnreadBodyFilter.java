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
 * Where a file was answered before its body was read, sends the answer and then takes in the body.
 * A server that closes a connection while the client is still sending resets it, and the client may
 * never see what was answered: that it may not, or that the file is there already.
 */
public class UnreadBodyFilter extends HttpFilter {
  private static final Logger LOG = System.getLogger(UnreadBodyFilter.class.getName());

  /** The largest file: what is longer than that was refused for it. */
  private static final long BYTES_AT_MOST = 100L * 1024 * 1024;

  private static final int BUFFER_BYTES = 16 * 1024;

  @Inject private Settings settings;

  /** Each holds a thread, so they are an eighth of them; whoever comes beyond that is cut off. */
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
      // Payara does not go on with a connection whose body came with an Upgrade, and does not say
      // so:
      // the next request of a client that offers HTTP/2, as the JDK's does, would be lost.
      response.setHeader("Connection", "close");
    }
    chain.doFilter(request, response);
    // Whoever says Expect may be waiting to be asked for the body, and reading it would ask. What
    // was created was read to its end.
    if (request.getMethod().equals("PUT")
        && request.getHeader("Expect") == null
        && response.getStatus() != HttpServletResponse.SC_CREATED
        && places.tryAcquire()) {
      try {
        response.flushBuffer();
        drain(request.getInputStream(), request.getContentLengthLong());
      } catch (IOException gone) {
        LOG.log(Level.DEBUG, "a body that nobody wanted: {0}", gone.getMessage());
      } finally {
        places.release();
      }
    }
  }

  /**
   * Reads no further than the body goes: on Payara the end of one that came with an {@code Upgrade}
   * is not seen, and reading on waits for what will never come.
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
