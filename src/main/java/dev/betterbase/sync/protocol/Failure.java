package dev.betterbase.sync.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The reason why a request fails: the closed set of errors that a client may see. The message goes
 * to the client, so it never contains SQL, a class name or data of another tenant. {@link
 * WireError#of} translates each to an error of the protocol. There is no stack trace, because these
 * are answers and not bugs.
 */
public abstract sealed class Failure extends RuntimeException {
  private Failure(String message, @Nullable Throwable cause) {
    super(message, cause, false, false);
  }

  /** The params cannot be decoded. */
  public static final class InvalidParams extends Failure {
    /** For readers of params, which do not know the name of the method. */
    public InvalidParams() {
      this("invalid params");
    }

    /**
     * @param message the method's text, such as {@code invalid push params}
     */
    public InvalidParams(String message) {
      super(message, null);
    }
  }

  /** The params can be decoded, but a value is not allowed. */
  public static final class BadRequest extends Failure {
    public BadRequest(String message) {
      super(message, null);
    }
  }

  /**
   * The caller may not do this. Also used if the space does not exist, so that a stranger cannot
   * tell.
   */
  public static final class Forbidden extends Failure {
    public Forbidden() {
      this("forbidden");
    }

    public Forbidden(String message) {
      super(message, null);
    }
  }

  /** Something that the request names does not exist. */
  public static final class NotFound extends Failure {
    public NotFound() {
      this("not found");
    }

    public NotFound(String message) {
      super(message, null);
    }
  }

  /** The state is not the one that the caller assumes. */
  public static final class Conflict extends Failure {
    public Conflict() {
      this("conflict");
    }

    public Conflict(String message) {
      super(message, null);
    }
  }

  /** The caller does too much in too short a time. */
  public static final class RateLimited extends Failure {
    public RateLimited(String message) {
      super(message, null);
    }
  }

  /** A value is larger than allowed. */
  public static final class PayloadTooLarge extends Failure {
    public PayloadTooLarge() {
      super("payload too large", null);
    }
  }

  /** There is no room for it: a storage quota would be exceeded. */
  public static final class QuotaExceeded extends Failure {
    private final long limit;
    private final long used;

    /**
     * @param limit the quota
     * @param used the bytes that count for the quota already
     */
    public QuotaExceeded(String message, long limit, long used) {
      super(message, null);
      this.limit = limit;
      this.used = used;
    }

    /** For bytes of records and files. */
    public static QuotaExceeded ofBytes(long limit, long used) {
      return new QuotaExceeded("storage quota exceeded", limit, used);
    }

    public long limit() {
      return limit;
    }

    public long used() {
      return used;
    }
  }

  /** The DEK of a change is wrapped under an epoch that the space no longer accepts. */
  public static final class KeyGenerationStale extends Failure {
    public KeyGenerationStale() {
      super("key generation stale", null);
    }
  }

  /** There is no such method. */
  public static final class MethodNotFound extends Failure {
    /**
     * @param method as the client sent it, of any length
     */
    public MethodNotFound(String method) {
      super("unknown method: " + WireError.echo(method), null);
    }
  }

  /** The server failed. The cause goes to the log, never to the client. */
  public static final class Internal extends Failure {
    public Internal(Throwable cause) {
      this("internal", cause);
    }

    /** For a cause that is already logged, or that is not an error of this server. */
    public Internal(String message) {
      super(message, null);
    }

    public Internal(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
