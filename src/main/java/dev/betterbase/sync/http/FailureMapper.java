package dev.betterbase.sync.http;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.protocol.Failure;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** The one place where a domain failure becomes an HTTP response. */
@Provider
public class FailureMapper implements ExceptionMapper<Failure> {

  private static final FailureLog LOG = new FailureLog(FailureMapper.class);

  @Context private HttpServletRequest request;

  @Override
  public Response toResponse(Failure failure) {
    if (failure instanceof Failure.Internal) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      LOG.failed("A request", cause, RequestContext.of(request));
      FailedRequests.causedBy(request, cause);
    }
    return Response.status(statusOf(failure))
        .type(JsonError.MEDIA_TYPE)
        .entity(body(failure))
        .build();
  }

  private static String body(Failure failure) {
    String message = String.valueOf(failure.getMessage());
    return failure instanceof Failure.QuotaExceeded quota
        ? JsonError.body(message, quota.limit(), quota.used())
        : JsonError.body(message);
  }

  static int statusOf(Failure failure) {
    return switch (failure) {
      case Failure.InvalidParams bad -> 400;
      case Failure.BadRequest bad -> 400;
      case Failure.Forbidden forbidden -> 403;
      case Failure.NotFound absent -> 404;
      case Failure.MethodNotFound absent -> 404;
      case Failure.Conflict conflict -> 409;
      case Failure.KeyGenerationStale stale -> 409;
      case Failure.PayloadTooLarge large -> 413;
      case Failure.QuotaExceeded full -> 413;
      case Failure.RateLimited limited -> 429;
      case Failure.Internal internal -> 500;
    };
  }
}
