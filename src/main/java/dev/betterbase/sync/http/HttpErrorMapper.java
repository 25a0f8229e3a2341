package dev.betterbase.sync.http;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Maps an {@link HttpError} to its response. */
@Provider
public class HttpErrorMapper implements ExceptionMapper<HttpError> {

  @Override
  public Response toResponse(HttpError error) {
    String message = String.valueOf(error.getMessage());
    Response.ResponseBuilder response = Response.status(error.status());
    if (!message.isEmpty()) {
      response.type(JsonError.MEDIA_TYPE).entity(JsonError.body(message));
    }
    switch (error.status()) {
      // RFC 9110, section 11.6.1: a 401 names the scheme that the server accepts.
      case 401 -> response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
      // Do not wait for the rest of the body.
      case 408 -> response.header("Connection", "close");
      case 503 -> response.header(HttpHeaders.RETRY_AFTER, "5");
      default -> {}
    }
    return response.build();
  }
}
