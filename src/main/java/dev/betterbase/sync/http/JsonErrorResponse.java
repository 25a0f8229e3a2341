package dev.betterbase.sync.http;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/**
 * A response whose {@code sendError} writes JSON immediately. The container's own error pages are
 * HTML, name the product, and are dispatched after a reset that also removes the headers.
 */
final class JsonErrorResponse extends HttpServletResponseWrapper {

  private final boolean secure;

  /**
   * @param secure whether the request came over TLS
   */
  JsonErrorResponse(HttpServletResponse response, boolean secure) {
    super(response);
    this.secure = secure;
  }

  @Override
  public void sendError(int status) throws IOException {
    JsonError.send(this, status, JsonError.messageFor(status));
  }

  /** The text comes from a library or the container, so it must not leave the server. */
  @Override
  public void sendError(int status, String text) throws IOException {
    sendError(status);
  }

  @Override
  public void reset() {
    super.reset();
    StandardHeaders.setOn(this, secure);
  }
}
