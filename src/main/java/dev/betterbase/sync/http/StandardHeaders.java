package dev.betterbase.sync.http;

import jakarta.servlet.http.HttpServletResponse;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The headers of every response, except on {@code /dev/} and of the pages (http.md): the version of
 * the protocol, and those that let web pages of any origin use the server. Any origin may, because
 * the server accepts no cookie and no other ambient credential.
 */
final class StandardHeaders {

  /** Names and values, in the order of http.md. */
  static final Map<String, String> ALL = all();

  private StandardHeaders() {}

  /**
   * Sets them, and those by which a browser neither guesses a type nor runs anything: a file is
   * whatever a client made of it.
   *
   * @param secure whether the request came over TLS. Browsers then do not come back without it (RFC
   *     6797)
   */
  static void setOn(HttpServletResponse response, boolean secure) {
    ALL.forEach(response::setHeader);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
    if (secure) {
      response.setHeader("Strict-Transport-Security", "max-age=31536000");
    }
  }

  private static Map<String, String> all() {
    SequencedMap<String, String> headers = new LinkedHashMap<>();
    headers.put("X-Protocol-Version", "1");
    headers.put("Access-Control-Allow-Origin", "*");
    headers.put("Access-Control-Allow-Methods", "GET, PUT, HEAD, POST, OPTIONS");
    headers.put(
        "Access-Control-Allow-Headers",
        "Content-Type, Content-Length, Authorization, X-UCAN, X-Wrapped-DEK, X-Record-ID, Range,"
            + " If-None-Match");
    headers.put(
        "Access-Control-Expose-Headers", "X-Wrapped-DEK, ETag, Content-Range, Accept-Ranges");
    headers.put("Access-Control-Max-Age", "86400");
    return Collections.unmodifiableMap(headers);
  }
}
