package dev.betterbase.sync.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Why a request cannot be done: the closed set of what a client may be told. The message is shown
 * to the client, so it never carries SQL, a class name or another tenant's data; what it is on the
 * wire stands in {@link WireError#of}. Thrown without a stack trace: these are answers, not faults
 * of the program.
 */
public abstract sealed class Failure extends RuntimeException {
  private Failure(String message, @Nullable Throwable cause) {
    super(message, cause, false, false);
  }

  /** The params cannot be decoded. */
  public static final class InvalidParams extends Failure {
    /** What a reader of params throws: the name of the method is not known to it. */
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

  /** The params are decoded, but a value is not allowed. */
  public static final class BadRequest extends Failure {
    public BadRequest(String message) {
      super(message, null);
    }
  }

  /** The caller may not do this; also where the space does not exist, so that nobody can tell. */
  public static final class Forbidden extends Failure {
    public Forbidden() {
      this("forbidden");
    }

    public Forbidden(String message) {
      super(message, null);
    }
  }

  /** What the request names is not there. */
  public static final class NotFound extends Failure {
    public NotFound() {
      this("not found");
    }

    public NotFound(String message) {
      super(message, null);
    }
  }

  /** The state is another than the caller believes. */
  public static final class Conflict extends Failure {
    public Conflict() {
      this("conflict");
    }

    public Conflict(String message) {
      super(message, null);
    }
  }

  /** Too much in too short a time. */
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

  /** A change whose DEK is wrapped under an epoch that the space no longer takes. */
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

  /** The server is at fault. The cause is for the log, never for the client. */
  public static final class Internal extends Failure {
    public Internal(Throwable cause) {
      this("internal", cause);
    }

    /** Of a cause that the log has heard of, or that is no fault of this server. */
    public Internal(String message) {
      super(message, null);
    }

    public Internal(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
