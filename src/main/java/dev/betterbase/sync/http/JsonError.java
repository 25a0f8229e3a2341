package dev.betterbase.sync.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The body of every HTTP error, {@code {"error": "<message>"}} (http.md). Messages are this
 * application's own texts, never those of an exception, a library or the application server.
 */
public final class JsonError {

  /** The media type of every JSON body, errors included. */
  public static final String MEDIA_TYPE = "application/json";

  private JsonError() {}

  /** The body for a message, as JSON text. */
  public static String body(String message) {
    return "{" + error(message) + "}";
  }

  /** The body for a message about a quota and what counts for it, as JSON text. */
  static String body(String message, long limit, long used) {
    return "{" + error(message) + ",\"limit\":" + limit + ",\"used\":" + used + "}";
  }

  private static String error(String message) {
    return "\"error\":\""
        + new String(JsonStringEncoder.getInstance().quoteAsString(message))
        + "\"";
  }

  /**
   * The message for a status without a text of its own in http.md: the reason phrase in lower case,
   * but {@code internal} for every server error except 503.
   */
  public static String messageFor(int status) {
    if (status >= 500 && status != 503) {
      return "internal";
    }
    Response.Status known = Response.Status.fromStatusCode(status);
    return known == null ? "request failed" : known.getReasonPhrase().toLowerCase(Locale.ROOT);
  }

  /**
   * Responds with an error. Discards a body that was written but not sent; keeps the headers.
   *
   * @throws IllegalStateException if the response has been committed
   */
  public static void send(HttpServletResponse response, int status, String message)
      throws IOException {
    response.resetBuffer();
    byte[] body = body(message).getBytes(StandardCharsets.UTF_8);
    response.setStatus(status);
    response.setContentType(MEDIA_TYPE);
    response.setContentLength(body.length);
    // Not flushed: if the client asked for an upgrade, Payara drops Content-Type and Connection
    // from a response that is sent before it knows that there will be no upgrade.
    response.getOutputStream().write(body);
  }
}
