package dev.betterbase.sync.http;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Every failure of a route that is no domain failure: what JAX-RS itself refuses (404, 405, 406,
 * 415, with the headers it set, such as {@code Allow}), and 500 {@code internal} for the rest, of
 * which only the log hears more.
 */
@Provider
public class ErrorMapper implements ExceptionMapper<Throwable> {

  private static final Logger LOG = System.getLogger(ErrorMapper.class.getName());

  @Override
  public Response toResponse(Throwable failure) {
    if (failure instanceof WebApplicationException refusal) {
      Response given = refusal.getResponse();
      return Response.fromResponse(given)
          .type(JsonError.MEDIA_TYPE)
          .entity(JsonError.body(JsonError.messageFor(given.getStatus())))
          .build();
    }
    LOG.log(Level.ERROR, "A request failed", failure);
    return Response.serverError()
        .type(JsonError.MEDIA_TYPE)
        .entity(JsonError.body(JsonError.messageFor(500)))
        .build();
  }
}
