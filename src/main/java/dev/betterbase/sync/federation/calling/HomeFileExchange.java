package dev.betterbase.sync.federation.calling;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.OutputStreamRequestContent;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.jspecify.annotations.Nullable;

/**
 * One request for a file to its home, and the answer. The thread that calls waits, and moves the
 * bytes: what it has not taken stays with the home, and what the home has not taken stays with the
 * member. Used by one thread.
 */
final class HomeFileExchange implements AutoCloseable {
  /**
   * How long the connection may be wholly silent: a home takes up to a minute until it makes a
   * large upload a file, and a member may be silent for 90 s.
   */
  private static final long SILENCE_MILLIS = 100_000;

  private static final int BUFFER_BYTES = 64 * 1024;

  private final Request request;
  private final Answer answer = new Answer();

  /**
   * @param request is sent by this
   */
  HomeFileExchange(Request request) {
    this.request = request.idleTimeout(SILENCE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Sends it, without a body. */
  void send() {
    request.send(answer);
  }

  /**
   * Sends it, with a body. Returns early if the home has answered or is gone.
   *
   * @throws IOException if the body threw it; the caller then closes this, which breaks the upload
   *     off
   */
  void send(InputStream body, long size) throws IOException {
    var content = new Sized(size);
    answer.content = content;
    request.body(content).send(answer);
    OutputStream out = content.getOutputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int read; (read = body.read(buffer)) >= 0; ) {
      if (answer.hasCome() || !write(out, buffer, read)) {
        return;
      }
    }
    // Only where all of it was sent: else what was not is no end, but a break.
    out.close();
  }

  /** Whether the home has taken it. */
  private static boolean write(OutputStream out, byte[] buffer, int count) {
    try {
      out.write(buffer, 0, count);
      return true;
    } catch (IOException gone) {
      // The answer says why, or that there is none.
      return false;
    }
  }

  /**
   * Waits for the head of the answer.
   *
   * @throws SocketTimeoutException if it does not come in time
   * @throws IOException if the connection cannot be made, or breaks
   */
  Response head(long seconds) throws IOException {
    try {
      return answer.get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException broken) {
      throw broken.getCause() instanceof IOException known ? known : new IOException(broken);
    } catch (TimeoutException late) {
      throw new SocketTimeoutException("no answer");
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("stopping");
    }
  }

  /** The body of the answer, as it comes; it fails if the home breaks off. */
  InputStream body() {
    return new FilterInputStream(answer.getInputStream()) {
      @Override
      public void close() throws IOException {
        HomeFileExchange.this.close();
        super.close();
      }
    };
  }

  /** Breaks off what is not over: the home then knows that nobody reads on, or sends more. */
  @Override
  public void close() {
    if (!answer.isOver()) {
      CompletableFuture<Boolean> unused = request.abort(new IOException("no longer wanted"));
    }
  }

  /** A body of a known length. */
  private static final class Sized extends OutputStreamRequestContent {
    private final long size;

    Sized(long size) {
      this.size = size;
    }

    @Override
    public long getLength() {
      return size;
    }
  }

  /** Also ends the wait for a home that takes the body no longer. */
  private static final class Answer extends InputStreamResponseListener {
    private volatile @Nullable Sized content;
    private volatile boolean come;
    private volatile boolean over;

    @Override
    public void onHeaders(Response response) {
      come = true;
      super.onHeaders(response);
    }

    @Override
    public void onComplete(Result result) {
      come = true;
      over = true;
      super.onComplete(result);
      Sized sending = content;
      if (sending != null && result.isFailed()) {
        sending.fail(result.getFailure());
      }
    }

    boolean hasCome() {
      return come;
    }

    boolean isOver() {
      return over;
    }
  }
}
