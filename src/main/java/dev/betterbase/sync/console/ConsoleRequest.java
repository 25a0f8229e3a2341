package dev.betterbase.sync.console;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** A request of the admin page: its session, and whether the page itself sent it. */
final class ConsoleRequest {
  static final String COOKIE = "betterbase-admin";

  /** No other site can send this header: a browser would ask first, and is told no. */
  private static final String HEADER = "X-Admin-Request";

  private ConsoleRequest() {}

  /** The token of the session; empty if the request has none. */
  static Optional<String> session(HttpServletRequest request) {
    Cookie[] cookies = request.getCookies();
    return Stream.ofNullable(cookies)
        .flatMap(Arrays::stream)
        .filter(cookie -> cookie.getName().equals(COOKIE))
        .map(Cookie::getValue)
        .findFirst();
  }

  /**
   * Whether a request that changes something comes from the admin page of this server. Browsers say
   * so in {@code Sec-Fetch-Site}; without it, {@code Origin} must name the host of the request.
   */
  static boolean isFromThePage(HttpServletRequest request) {
    if (request.getHeader(HEADER) == null) {
      return false;
    }
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null) {
      return site.equals("same-origin");
    }
    String origin = request.getHeader("Origin");
    String host = request.getHeader("Host");
    return origin != null
        && host != null
        && (origin.equalsIgnoreCase("https://" + host)
            || origin.equalsIgnoreCase("http://" + host));
  }

  /**
   * The cookie of a session.
   *
   * @param session its token, or an empty text to remove the cookie
   * @param seconds the time for which the browser keeps it
   */
  static String cookie(HttpServletRequest request, String session, long seconds) {
    return COOKIE
        + "="
        + session
        + "; Path="
        + request.getContextPath()
        + "/admin; Max-Age="
        + seconds
        + "; HttpOnly; Secure; SameSite=Strict";
  }
}
