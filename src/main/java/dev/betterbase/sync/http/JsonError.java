package dev.betterbase.sync.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The body of every error over HTTP, {@code {"error": "<message>"}} (http.md). A message is one of
 * this application's own texts: never one of an exception, a library or the server it runs on.
 */
public final class JsonError {

  /** The media type of every body that this application writes, errors included. */
  public static final String MEDIA_TYPE = "application/json";

  private JsonError() {}

  /** The body for a message, as JSON text. */
  public static String body(String message) {
    return "{\"error\":\""
        + new String(JsonStringEncoder.getInstance().quoteAsString(message))
        + "\"}";
  }

  /**
   * The message for a status that has no text of its own in http.md: its reason phrase in lower
   * case, and {@code internal} for 500 and for every other failure of the server but 503.
   */
  public static String messageFor(int status) {
    if (status >= 500 && status != 503) {
      return "internal";
    }
    Response.Status known = Response.Status.fromStatusCode(status);
    return known == null ? "request failed" : known.getReasonPhrase().toLowerCase(Locale.ROOT);
  }

  /**
   * Answers with an error. What was written before, and not yet sent, is dropped; headers stay.
   *
   * @throws IllegalStateException if the response has begun to leave
   */
  public static void send(HttpServletResponse response, int status, String message)
      throws IOException {
    response.resetBuffer();
    byte[] body = body(message).getBytes(StandardCharsets.UTF_8);
    response.setStatus(status);
    response.setContentType(MEDIA_TYPE);
    response.setContentLength(body.length);
    // Not flushed: where an upgrade was asked for, Payara leaves out Content-Type and Connection of
    // a
    // response that is sent before it knows that there will be none.
    response.getOutputStream().write(body);
  }
}
