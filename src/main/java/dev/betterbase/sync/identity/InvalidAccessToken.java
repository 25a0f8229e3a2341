package dev.betterbase.sync.identity;

/**
 * An access token was refused. The exception contains no text of the token, so it may be logged,
 * and no stack trace, because strangers can cause any number of these.
 */
@SuppressWarnings("serial")
public final class InvalidAccessToken extends Exception {
  /** The reasons for refusing an access token (auth.md, Access tokens), with their texts. */
  public enum Reason {
    /** The text is empty. */
    MISSING("empty auth token", "missing auth token", "missing authorization token"),
    /** Malformed, badly signed, not yet valid, for another audience, or without identity. */
    INVALID("invalid auth token", "invalid auth token", "invalid token"),
    /** Signed by a trusted issuer, but its {@code exp} has passed. */
    EXPIRED("expired auth token", "expired auth token", "token has expired"),
    /** Its issuer is absent or not among the trusted ones. */
    UNTRUSTED("untrusted auth issuer", "untrusted auth issuer", "untrusted token issuer");

    private final String closeReason;
    private final String refreshError;
    private final String httpError;

    Reason(String closeReason, String refreshError, String httpError) {
      this.closeReason = closeReason;
      this.refreshError = refreshError;
      this.httpError = httpError;
    }

    /** The reason of close 4000 at connecting (protocol.md, Connecting). */
    public String closeReason() {
      return closeReason;
    }

    /** The error in the result of {@code token.refresh} (methods.md, Session). */
    public String refreshError() {
      return refreshError;
    }

    /** The error of the 401 for a bearer (http.md, Bearer failures). */
    public String httpError() {
      return httpError;
    }
  }

  private final Reason reason;

  public InvalidAccessToken(Reason reason) {
    super(reason.closeReason(), null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
