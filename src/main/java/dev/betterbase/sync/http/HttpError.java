package dev.betterbase.sync.http;

/**
 * Why a request cannot be done, where that is a matter of HTTP and not of the protocol: it has a
 * status of its own. Thrown without a stack trace: these are answers, not faults of the program.
 */
public final class HttpError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status from 400
   * @param message is shown to the client
   */
  public HttpError(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  /** The status of the answer. */
  public int status() {
    return status;
  }

  /** The client has cut the connection: nobody hears the answer, so it has no body. */
  public static HttpError clientGone() {
    return new HttpError(400, "");
  }
}
