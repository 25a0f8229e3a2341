package dev.betterbase.sync.http;

/**
 * An error of HTTP rather than of the protocol, with a status of its own. It has no stack trace: it
 * is an answer, not a fault of the program.
 */
public final class HttpError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status from 400
   * @param message the text that the client sees
   */
  public HttpError(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  /** The status of the response. */
  public int status() {
    return status;
  }

  /** The client has closed the connection. Nobody reads the response, so it has no body. */
  public static HttpError clientGone() {
    return new HttpError(400, "");
  }
}
