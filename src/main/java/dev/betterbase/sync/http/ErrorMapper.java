package dev.betterbase.sync.http;

import dev.betterbase.sync.fault.FailureLog;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/**
 * Maps every failure of a route that is not a domain failure. A refusal by JAX-RS itself (404, 405,
 * 406, 415) keeps its status and headers, such as {@code Allow}; everything else is 500 {@code
 * internal}, with the details in the log only.
 */
@Provider
public class ErrorMapper implements ExceptionMapper<Throwable> {

  private static final FailureLog LOG = new FailureLog(ErrorMapper.class);

  @Context private HttpServletRequest request;

  @Override
  public Response toResponse(Throwable failure) {
    if (failure instanceof WebApplicationException refusal) {
      Response given = refusal.getResponse();
      return Response.fromResponse(given)
          .type(JsonError.MEDIA_TYPE)
          .entity(JsonError.body(JsonError.messageFor(given.getStatus())))
          .build();
    }
    LOG.failed("A request", failure, RequestContext.of(request));
    FailedRequests.causedBy(request, failure);
    return Response.serverError()
        .type(JsonError.MEDIA_TYPE)
        .entity(JsonError.body(JsonError.messageFor(500)))
        .build();
  }
}
